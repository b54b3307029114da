"""From a customer's stage or tiers to the rules, the inputs and the source rows: `guanxi explain stage` and `tier`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration.stewardship.asked_customer import asked_customer, why_unread
from orchestration.tagging.source_rows import CountedRows, counted_rows
from serving import identities, overview
from serving.published_copy import Row
from serving.rules import rule_rows
from stores.dbt_files.customer_metrics import MetricDeclaration
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import Publication, connect

# The facts that stages and tiers rest on, and which of their rows count.
_FACTS = (("sales", "is_purchase"), ("interactions", "is_own"))


@dataclass(frozen=True)
class StateStory:
    """What a customer is taken for, and why.

    Attributes:
        publication: in which it stands.
        asked: the id that was asked for.
        days: when the customer registered, bought first and last, and last did something.
        lifecycle: the row of customer_lifecycle.
        history: the stages so far, oldest first.
        rfm: the row of customer_rfm; empty where there is no purchase in its window.
        value: the row of customer_value.
        rules: the rows of the seeds that decide, by seed, as the publication was made by them.
        counted: the source rows: purchases and the customer's own interactions, the newest of each.
        unread: why the source rows could not be read; empty where they were.
        currency: of all amounts.
    """

    publication: Publication
    asked: str
    days: Row
    lifecycle: Row
    history: list[Row]
    rfm: Row
    value: Row
    rules: dict[str, list[dict[str, str]]]
    counted: list[CountedRows] = field(default_factory=list)
    unread: str = ""
    currency: str = ""

    def threshold(self, rule: str) -> str:
        """The value of a row of `rule_thresholds`, as its file has it."""
        return next(row["value"] for row in self.rules["rule_thresholds"] if row["rule"] == rule)


def state_story(settings: Settings, customer_id: str) -> StateStory:
    """Collect what a customer's stage and tiers rest on.

    Args:
        settings: the installation.
        customer_id: of the customer, today's or a former one; or a source profile.

    Raises:
        UserError: nothing is published, or no such customer was ever known.
    """
    seeds = ("rule_thresholds", "lifecycle_stages", "loyalty_tiers", "value_weights")
    with asked_customer(settings, customer_id) as asked:
        published, current = asked.published, asked.customer_id
        counted, unread = _source_rows(settings, current, asked.publication)
        return StateStory(
            publication=asked.publication,
            asked=customer_id,
            days=identities.days(published, current),
            lifecycle=identities.judged(published, "customer_lifecycle", current),
            history=identities.stages(published, current),
            rfm=identities.judged(published, "customer_rfm", current),
            value=identities.judged(published, "customer_value", current),
            rules={seed: rule_rows(published, seed) for seed in seeds},
            counted=counted,
            unread=unread,
            currency=overview.reporting_currency(published),
        )


def _source_rows(settings: Settings, customer_id: str, publication: Publication) -> tuple[list[CountedRows], str]:
    """What the warehouse has of the customer: no publication has it."""
    found: list[Any] = []
    try:
        with closing(connect(settings, wait_seconds=2)) as warehouse:
            for counts, condition in _FACTS:
                metric = MetricDeclaration(table="", kind="number", counts=counts, counted_if=condition)
                found.append(counted_rows(settings, warehouse, metric, customer_id, publication.as_of))
    except (UserError, duckdb.Error) as unreadable:
        return [], why_unread(unreadable)
    return [rows for rows in found if rows], ""
