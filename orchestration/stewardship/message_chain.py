"""What stands before and after a message: the plan's row, those that lost to it, the consent, and what it brought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from orchestration.tagging.source_rows import SourceRow, with_files
from serving import customers, overview
from serving.campaigns import messages
from serving.published_copy import PublishedCopy, Row
from stores.duckdb_connection import open_duckdb
from stores.settings import Settings
from stores.warehouse import current_publication

# Goals that orders bring about; others are interactions.
_OF_ORDERS = ("purchase", "revenue", "refund")


@dataclass(frozen=True)
class Conversion:
    """Something that was achieved after a message and counts for it.

    Attributes:
        event_id: the order, interaction or profile.
        goal: of the campaign.
        occurred_at: its moment, in business time.
        net_amount: net revenue of a purchase.
        source_file: the file or pull that brought it last; empty where the lake has no row with this key.
        line: its line there; None where there is none.
    """

    event_id: str
    goal: str
    occurred_at: datetime
    net_amount: Decimal
    source_file: str = ""
    line: int | None = None


@dataclass(frozen=True)
class MessageChain:
    """What stands before and after a message.

    Attributes:
        publication_id: the publication that has the plan's row it was made of; empty where none has it any more.
        row: that row.
        place, competing: where it stood among its customer's messages, and of how many.
        lost: the customer's rows that got nothing because this campaign had the last of a limit.
        consent: the answer that the channel's permission rests on.
        result: what became of it, as the results count it.
        conversions: what was achieved after it.
        currency: of amounts; empty where no channel states one.
    """

    publication_id: str = ""
    row: Row = field(default_factory=dict)
    place: int = 0
    competing: int = 0
    lost: list[Row] = field(default_factory=list)
    consent: Row = field(default_factory=dict)
    result: Row = field(default_factory=dict)
    conversions: list[Conversion] = field(default_factory=list)
    currency: str = ""


def message_chain(settings: Settings, delivery: Row) -> MessageChain:
    """Collect what stands before and after a message.

    Args:
        settings: the installation.
        delivery: the ledger's row.
    """
    current = current_publication(settings)
    if current is None or not current.path.exists():
        return MessageChain()
    chain = MessageChain()
    for publication_id, path in _with_its_plan(settings, delivery, current.publication_id, current.path):
        with PublishedCopy(path) as published:
            row = messages.plan_row(published, delivery)
            if row and row["decision"] == "send":
                place, competing = messages.place(published, row)
                lost = messages.lost_to(published, row)
                consent = _consent(published, delivery)
                chain = MessageChain(publication_id, row, place, competing, lost, consent)
                break
    with PublishedCopy(current.path) as published:
        return replace(
            chain,
            consent=chain.consent or _consent(published, delivery),
            result=messages.result(published, delivery["delivery_id"]) if published.has(messages.MESSAGES) else {},
            conversions=with_sources(settings, messages.conversions(published, delivery["delivery_id"])),
            currency=overview.reporting_currency(published),
        )


def _with_its_plan(settings: Settings, delivery: Row, current: str, path: Path) -> Iterator[tuple[str, Path]]:
    """The publication that the message was planned from, if it is still kept, and the current one."""
    planned_from = str(delivery["publication_id"])
    kept = settings.published / f"serving-{planned_from}.duckdb"
    if planned_from != current and kept.exists():
        yield planned_from, kept
    yield current, path


def _consent(published: PublishedCopy, delivery: Row) -> Row:
    found = customers.consents(published, delivery["customer_id"])
    asked = (delivery["channel"], delivery["purpose"])
    return next((one for one in found if (one["channel"], one["purpose"]) == asked), {})


def with_sources(settings: Settings, events: Sequence[Row]) -> list[Conversion]:
    """Events with the file that brought each last.

    Args:
        settings: the installation.
        events: with event_id, goal, net_amount and occurred_at.
    """
    found: list[Conversion] = []
    with open_duckdb(settings) as lake:
        for goal, rows in groupby(events, key=lambda row: str(row["goal"])):
            asked = list(rows)
            parts = [(row["event_id"].partition(":"), row) for row in asked]
            sought = [
                SourceRow(row["occurred_at"], channel, key, goal, row["net_amount"]) for (channel, _, key), row in parts
            ]
            placed = with_files(settings, lake, "orders" if goal in _OF_ORDERS else "interactions", sought)
            found += [
                Conversion(**row, source_file=one.source_file, line=one.line)
                for row, one in zip(asked, placed, strict=True)
            ]
    return found
