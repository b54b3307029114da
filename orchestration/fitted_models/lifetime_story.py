"""From a customer to the forecast and what it rests on: the material of `guanxi explain clv`."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from orchestration.stewardship.asked_customer import asked_customer, why_unread
from serving import overview
from serving.insight import lifetime
from serving.published_copy import Row
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import Publication, connect

_DECIDING_DAYS = 90


@dataclass(frozen=True)
class LifetimeStory:
    """What is forecast of a customer and why.

    Attributes:
        publication: in which it stands.
        asked: the id that was asked for.
        forecast: the row of customer_lifetime.
        names: of models, reasons and figures, Chinese and English.
        model: the row of lifetime_models; empty where nothing is forecast.
        figures: how that model was judged for 90 days, and cohort rates beside it.
        purchase_days: the source rows: purchase_day, orders, net_amount, the newest first.
        unread: why the source rows could not be read; empty where they were.
        currency: of all amounts.
    """

    publication: Publication
    asked: str
    forecast: Row
    names: lifetime.Names
    model: Row = field(default_factory=dict)
    figures: list[Row] = field(default_factory=list)
    purchase_days: list[Row] = field(default_factory=list)
    unread: str = ""
    currency: str = ""


def lifetime_story(settings: Settings, customer_id: str) -> LifetimeStory:
    """Collect the forecast of a customer, its model, and the purchase days that it rests on.

    Args:
        settings: the installation.
        customer_id: of the customer, today's or a former one; or a source profile.

    Raises:
        UserError: nothing is published, or no such customer was ever known.
    """
    with asked_customer(settings, customer_id) as asked:
        published, current = asked.published, asked.customer_id
        forecast = lifetime.of_customer(published, current)
        version = str(forecast.get("model_version") or "")
        # who is not profiled is not looked at either
        days, unread = _purchase_days(settings, current) if forecast.get("model") else ([], "")
        return LifetimeStory(
            publication=asked.publication,
            asked=customer_id,
            forecast=forecast,
            names=lifetime.names(published),
            model=lifetime.model_of(published, version) if version else {},
            figures=lifetime.figures_of(published, version, _DECIDING_DAYS) if version else [],
            purchase_days=days,
            unread=unread,
            currency=overview.reporting_currency(published),
        )


def _purchase_days(settings: Settings, customer_id: str) -> tuple[list[Row], str]:
    """The customer's purchase days as the warehouse has them: no publication has them."""
    try:
        with connect(settings) as warehouse:
            found = warehouse.execute(
                "select purchase_day, orders, net_amount from intermediate.int_customer_purchase_days"
                " where customer_id = ? order by purchase_day desc",
                [customer_id],
            )
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()], ""
    except (UserError, duckdb.Error) as unreadable:
        return [], why_unread(unreadable)
