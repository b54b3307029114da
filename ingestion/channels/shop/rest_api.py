"""The shop's REST API: pages of customers and orders since a moment, retried with growing waits."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx
import stamina
from pydantic import Field

from ingestion.contract import Batch, Channel, ChannelSettings, NothingThere, SourceUnavailable
from stores.settings import Settings

logger = logging.getLogger(__name__)


class ShopSettings(ChannelSettings):
    """Section `[channels.shop]`."""

    base_url: str = Field(
        "", description="address of the API; when empty, in a demo's folder the demo's, elsewhere there is no shop"
    )
    token: str = Field("demo", description="bearer token; belongs into .dlt/secrets.toml")
    page_size: int = Field(500, ge=1, le=10_000)
    timeout_seconds: float = Field(30, gt=0)
    attempts: int = Field(5, ge=1, le=20, description="tries of one page before the shop counts as down")
    retry_seconds: float = Field(0.5, ge=0, description="first wait between tries; it doubles")
    lookback_seconds: float | None = Field(
        None,
        ge=0,
        description="read this far back for rows that were committed late; the contract's days when not given",
    )


def order_lines(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Lines of one order document, each with the order's id and time of change."""
    for line in order.get("lines") or []:
        yield {
            **line,
            "order_id": order.get("order_id"),
            "updated_at": line.get("updated_at") or order.get("updated_at"),
        }


@dataclass(frozen=True)
class ShopApi:
    """The API as the source of the channel."""

    def describe(self, settings: Settings, channel: Channel) -> str:
        """Host of the API."""
        return f"api:{urlsplit(_base_url(settings, channel)).netloc}"

    def lookback_seconds(self, settings: Settings, channel: Channel) -> float | None:
        """From the channel's section."""
        return settings.channel(channel.name, ShopSettings).lookback_seconds

    def pull(self, settings: Settings, channel: Channel, since: Mapping[str, datetime]) -> Iterator[Batch]:
        """Every page of customers, then of orders with their lines taken out."""
        return self._read(settings, channel, since)

    def sample(self, settings: Settings, channel: Channel, rows: int) -> Iterator[Batch]:
        """The first pages of customers and of orders."""
        return self._read(settings, channel, {}, rows)

    def _read(
        self, settings: Settings, channel: Channel, since: Mapping[str, datetime], rows: int | None = None
    ) -> Iterator[Batch]:
        own = settings.channel(channel.name, ShopSettings)
        # whatever has the demo's port would else bring another folder's made-up customers into real data
        if not own.base_url and not settings.is_demo:
            raise NothingThere("no base_url says where the shop is")
        customers, orders, lines = (channel.table(name) for name in ("customers", "orders", "order_lines"))
        with httpx.Client(
            base_url=_base_url(settings, channel),
            headers={"Authorization": f"Bearer {own.token}"},
            timeout=own.timeout_seconds,
            trust_env=False,
        ) as client:
            never_used = not own.base_url and not since
            if never_used and not _answers(client):
                raise NothingThere("the demo's shop is not served")
            for page in _pages(client, channel.name, "customers", own, _since(settings, since.get("customers")), rows):
                yield Batch(customers, page)
            # lines come inside the orders, so one cursor serves both
            for page in _pages(client, channel.name, "orders", own, _since(settings, since.get("orders")), rows):
                yield Batch(lines, [line for order in page for line in order_lines(order)])
                yield Batch(orders, [{key: order[key] for key in order if key != "lines"} for order in page])


def _base_url(settings: Settings, channel: Channel) -> str:
    own = settings.channel(channel.name, ShopSettings)
    return (own.base_url or f"http://127.0.0.1:{settings.ports.demo}/shop/api").rstrip("/") + "/"


def _since(settings: Settings, moment: datetime | None) -> str | None:
    return moment.replace(tzinfo=ZoneInfo(settings.timezone)).isoformat() if moment else None


def _answers(client: httpx.Client) -> bool:
    try:
        client.get("customers", params={"page": 1, "page_size": 1})
    except httpx.TransportError:
        return False
    return True


def _pages(
    client: httpx.Client, channel: str, resource: str, own: ShopSettings, since: str | None, most: int | None
) -> Iterator[list[dict[str, Any]]]:
    number: int | None = 1
    read = 0
    while number is not None and (most is None or read < most):
        params: dict[str, Any] = {"page": number, "page_size": own.page_size}
        if since:
            params["updated_since"] = since
        try:
            rows, following = _page(client, resource, params, own)
        except httpx.HTTPError as down:
            raise SourceUnavailable(
                f"Channel {channel}: {_why(down)} while reading page {number} of {resource}. Nothing of this run was "
                f"loaded; check [channels.{channel}] base_url and token, or wait, and run again."
            ) from down
        except (ValueError, KeyError, TypeError) as odd:
            raise SourceUnavailable(
                f"Channel {channel}: page {number} of {resource} is not the JSON that was expected ({odd!r}). "
                "Is base_url really the shop's API?"
            ) from odd
        yield rows
        read += len(rows)
        if following is not None and following <= number:
            raise SourceUnavailable(f"Channel {channel}: {resource} names page {following} after page {number}.")
        number = following


def _page(
    client: httpx.Client, resource: str, params: dict[str, Any], own: ShopSettings
) -> tuple[list[dict[str, Any]], int | None]:
    for attempt in stamina.retry_context(
        on=_is_passing, attempts=own.attempts, wait_initial=own.retry_seconds, wait_max=30, timeout=None
    ):
        with attempt:
            answer = client.get(resource, params=params)
            answer.raise_for_status()
            document = answer.json()
    return list(document["data"]), document.get("next_page")


def _is_passing(problem: Exception) -> bool:
    """Whether trying again can help: no answer, busy, or an error on the other side."""
    if isinstance(problem, httpx.HTTPStatusError):
        return problem.response.status_code >= 500 or problem.response.status_code == 429
    return isinstance(problem, httpx.TransportError)


def _why(down: httpx.HTTPError) -> str:
    if isinstance(down, httpx.HTTPStatusError):
        return f"the shop answered {down.response.status_code}"
    return f"the shop does not answer ({type(down).__name__})"
