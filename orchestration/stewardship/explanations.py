"""From an id to the rows and rules behind it: the material of `guanxi explain`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import sqlalchemy as sa

from orchestration.installation_overview import published
from stores import operations
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import Publication, current_publication

Row = dict[str, Any]


@dataclass(frozen=True)
class CustomerStory:
    """Everything that says who a customer is and why."""

    publication: Publication
    asked: str
    customer: Row
    merged_at: Any = None
    profiles: list[str] = field(default_factory=list)
    identifiers: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    lifecycle: Row = field(default_factory=dict)
    rfm: Row = field(default_factory=dict)
    value: Row = field(default_factory=dict)
    segments: list[str] = field(default_factory=list)
    plan: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    suppressions: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class DeliveryStory:
    """Everything that says why a message was sent or not, and what became of it."""

    delivery: Row
    attempts: list[Row]
    events: list[Row]
    plan: Row
    suppressions: list[Row] = field(default_factory=list)


def customer_story(settings: Settings, customer_id: str) -> CustomerStory:
    """Collect what is published about a customer; an id that was merged away leads to today's customer.

    Raises:
        UserError: nothing is published, or no such customer was ever known.
    """
    publication = current_publication(settings)
    if publication is None:
        raise UserError("Nothing is published yet, so there is nobody to explain. Run `guanxi run`.")
    with published(publication) as db:
        redirect = _one(db, "select * from marts.customer_id_redirects where retired_customer_id = ?", customer_id)
        current = redirect.get("customer_id", customer_id)
        customer = _one(db, "select * from marts.customers where customer_id = ?", current)
        if not customer:
            raise UserError(_unknown(db, customer_id, publication))
        segments = db.execute(
            "select table_name from information_schema.tables where table_schema = 'segments' order by 1"
        ).fetchall()
        identifiers = rows_of(
            db, "select * from marts.customer_identifiers where customer_id = ? order by all", current
        )
        return CustomerStory(
            publication=publication,
            asked=customer_id,
            customer=customer,
            merged_at=redirect.get("merged_at"),
            profiles=[
                str(row["source_profile_id"])
                for row in rows_of(
                    db,
                    "select source_profile_id from marts.customer_profiles where customer_id = ? order by all",
                    current,
                )
            ],
            identifiers=identifiers,
            links=rows_of(db, "select * from marts.customer_links where customer_id = ? order by all", current),
            events=_events(db, {customer_id, current}),
            lifecycle=_one(db, "select * from marts.customer_lifecycle where customer_id = ?", current),
            rfm=_one(db, "select * from marts.customer_rfm where customer_id = ?", current),
            value=_one(db, "select * from marts.customer_value where customer_id = ?", current),
            segments=[
                name
                for (name,) in segments
                if _one(db, f'select 1 as member from segments."{name}" where customer_id = ? limit 1', current)
            ],
            plan=rows_of(
                db,
                "select * from campaigns.campaign_plan where customer_id = ? order by campaign_id, step, channel",
                current,
            ),
            messages=_messages(settings, current),
            suppressions=_suppressions(settings, identifiers),
        )


def delivery_story(settings: Settings, delivery_id: str) -> DeliveryStory:
    """Collect the ledger's row, attempts and receipts of a message, and the plan row it came from if still published.

    Raises:
        UserError: no such delivery.
    """
    table = operations.deliveries
    with operations.reading(operations.engine(settings)) as connection:
        found = connection.execute(sa.select(table).where(table.c.delivery_id == delivery_id)).mappings().first()
        if found is None:
            raise UserError(f"No delivery {delivery_id!r} in the ledger. Check the id.")
        delivery = _local(settings, found)
        attempts, events = (
            [
                _local(settings, row)
                for row in connection.execute(
                    sa.select(other).where(other.c.delivery_id == delivery_id).order_by(order)
                ).mappings()
            ]
            for other, order in (
                (operations.delivery_attempts, operations.delivery_attempts.c.attempt),
                (operations.delivery_events, operations.delivery_events.c.occurred_at),
            )
        )
    plan, identifiers = _published_about(settings, delivery)
    addressed = {
        "identifier_type": delivery["identifier_type"],
        "identifier_value": delivery["identifier_token"],
        "identifier_mask": plan.get("identifier_mask"),
    }
    return DeliveryStory(delivery, attempts, events, plan, _suppressions(settings, [*identifiers, addressed]))


def _published_about(settings: Settings, delivery: Row) -> tuple[Row, list[Row]]:
    """The plan row of a message and its customer's identifiers; nothing where nothing is published."""
    publication = current_publication(settings)
    if publication is None or not publication.path.exists():
        return {}, []
    with published(publication) as db:
        plan = _one(
            db,
            "select * from campaigns.campaign_plan"
            " where campaign_id = ? and customer_id = ? and channel = ? and step = ?",
            *(delivery[name] for name in ("campaign_id", "customer_id", "channel", "step")),
        )
        return plan, rows_of(
            db, "select * from marts.customer_identifiers where customer_id = ?", delivery["customer_id"]
        )


def _suppressions(settings: Settings, identifiers: list[Row]) -> list[Row]:
    """The suppressions in force on identifiers, oldest first, each with the mask of its address."""
    masks = {
        (str(row["identifier_type"]), str(row["identifier_value"])): row.get("identifier_mask")
        for row in reversed(identifiers)
    }
    s = operations.suppressions.c
    chosen = (
        sa.select(operations.suppressions)
        .where(s.is_active, s.identifier_token.in_({token for _, token in masks}))
        .order_by(s.created_at, s.identifier_type, s.identifier_token, s.channel)
    )
    with operations.reading(operations.engine(settings)) as connection:
        return [
            {**_local(settings, row), "identifier_mask": masks[row["identifier_type"], row["identifier_token"]]}
            for row in connection.execute(chosen).mappings()
            if (row["identifier_type"], row["identifier_token"]) in masks
        ]


def _events(db: duckdb.DuckDBPyConnection, ids: set[str]) -> list[Row]:
    """What happened to customer ids, oldest first; publications of before these events were kept have none."""
    if not _one(db, "select 1 as found from duckdb_tables() where table_name = 'identity_events'"):
        return []
    return rows_of(
        db,
        "select * from marts.identity_events"
        " where list_contains(?, from_customer_id) or list_contains(?, to_customer_id) order by happened_at, event_id",
        sorted(ids),
        sorted(ids),
    )


def _unknown(db: duckdb.DuckDBPyConnection, customer_id: str, publication: Publication) -> str:
    """Why an id leads to nobody: it was never issued, or all that it stood for is gone."""
    events = _events(db, {customer_id})
    if events:
        last = events[-1]
        return (
            f"Customer {customer_id} leads to nobody any more: {last['event']} at "
            f"{last['happened_at']:%Y-%m-%d %H:%M}, {last['cause_en']}."
        )
    return f"No customer {customer_id!r} in publication {publication.publication_id}. Check the id."


def _messages(settings: Settings, customer_id: str) -> list[Row]:
    table = operations.deliveries
    chosen = sa.select(table).where(table.c.customer_id == customer_id).order_by(table.c.planned_at)
    with operations.reading(operations.engine(settings)) as connection:
        return [_local(settings, row) for row in connection.execute(chosen).mappings()]


def _local(settings: Settings, row: Any) -> Row:
    """A ledger row without sealed columns, its UTC times in business time."""
    zone = ZoneInfo(settings.timezone)
    values = {}
    for name, value in dict(row).items():
        if name.endswith("_cipher") or name in ("lease_owner", "lease_until"):
            continue
        if hasattr(value, "hour"):
            value = value.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        values[name] = value
    return values


def rows_of(db: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[Row]:
    """The rows of a query with its parameters, each by column name."""
    cursor = db.execute(query, list(values))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _one(db: duckdb.DuckDBPyConnection, query: str, *values: Any) -> Row:
    rows = rows_of(db, query, *values)
    return rows[0] if rows else {}
