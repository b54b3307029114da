"""Who may be written to: consents and suppressions, both by identifier token, never by clear value."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Connection, Index, Row, String, Table, Text, select

from stores.operations.table_base import UtcDateTime, insert, metadata, updated_at, utc, wall_clock

EVERY_CHANNEL = "*"
ERASED = "erased"

suppressions = Table(
    "suppressions",
    metadata,
    Column("identifier_type", String(40), primary_key=True),
    Column("identifier_token", String(200), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("reason", String(200), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    updated_at(),
    Index(None, "identifier_token"),
)

consents = Table(
    "consents",
    metadata,
    Column("identifier_type", String(40), primary_key=True),
    Column("identifier_token", String(200), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("purpose", String(40), primary_key=True),
    Column("granted", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    updated_at(),
    Index(None, "identifier_token"),
)


@dataclass(frozen=True)
class Suppression:
    """An identifier that must not be written to.

    Attributes:
        identifier_type: phone, email, app_user_id …
        identifier_token: its keyed token (or the id itself where it is not personal).
        channel: one channel, or `*` for every one.
        reason: why, such as `complained`.
    """

    identifier_type: str
    identifier_token: str
    channel: str
    reason: str


@dataclass(frozen=True)
class Consent:
    """What an identifier's owner last said about one channel and purpose.

    Attributes:
        identifier_type: phone, email, app_user_id …
        identifier_token: its keyed token (or the id itself where it is not personal).
        channel: the message channel.
        purpose: such as `marketing`.
        granted: False is a withdrawal.
        source: where the answer was given, as evidence.
        changed_at: when it was given; aware, or naive UTC.
    """

    identifier_type: str
    identifier_token: str
    channel: str
    purpose: str
    granted: bool
    source: str
    changed_at: datetime


def suppress(connection: Connection, rows: Iterable[Suppression], moment: datetime) -> int:
    """Suppress identifiers, or make lifted suppressions active again; the first reason stays, but an erasure's counts.

    Args:
        connection: a connection of `writing`.
        rows: what to suppress; may repeat.
        moment: when; aware, or naive UTC.

    Returns:
        How many different identifiers and channels were given.
    """
    unique = {(row.identifier_type, row.identifier_token, row.channel): row for row in rows}
    if not unique:
        return 0
    statement = insert(connection, suppressions)
    statement = statement.on_conflict_do_update(
        index_elements=["identifier_type", "identifier_token", "channel"],
        set_={
            "is_active": True,
            "reason": statement.excluded.reason,
            "created_at": statement.excluded.created_at,
            "updated_at": wall_clock(),
        },
        # An erasure outlives whatever was said before it.
        where=suppressions.c.is_active.is_(False)
        | ((statement.excluded.reason == ERASED) & (suppressions.c.reason != ERASED)),
    )
    connection.execute(
        statement,
        [{**vars(row), "is_active": True, "created_at": utc(moment)} for row in unique.values()],
    )
    return len(unique)


def record_consents(connection: Connection, rows: Iterable[Consent]) -> int:
    """Keep the latest answer per identifier, channel and purpose; an older one changes nothing.

    Args:
        connection: a connection of `writing`.
        rows: answers in any order; may repeat. Of two given at the same moment a withdrawal wins.

    Returns:
        How many different identifiers, channels and purposes were given.
    """
    latest: dict[tuple[str, str, str, str], Consent] = {}
    for row in sorted(rows, key=lambda row: (utc(row.changed_at), not row.granted)):
        latest[row.identifier_type, row.identifier_token, row.channel, row.purpose] = row
    if not latest:
        return 0
    statement = insert(connection, consents)
    statement = statement.on_conflict_do_update(
        index_elements=["identifier_type", "identifier_token", "channel", "purpose"],
        set_={
            "granted": statement.excluded.granted,
            "source": statement.excluded.source,
            "changed_at": statement.excluded.changed_at,
            "updated_at": wall_clock(),
        },
        where=(consents.c.changed_at < statement.excluded.changed_at)
        | ((consents.c.changed_at == statement.excluded.changed_at) & statement.excluded.granted.is_(False)),
    )
    connection.execute(statement, [vars(row) for row in latest.values()])
    return len(latest)


def find_suppressions(connection: Connection, keys: Set[tuple[str, str, str]]) -> dict[tuple[str, str, str], bool]:
    """Whether suppressions are active, by (type, token, channel); what was never suppressed is left out.

    Args:
        connection: a connection to the operations store.
        keys: which ones.
    """
    s = suppressions.c
    statement = select(s.identifier_type, s.identifier_token, s.channel, s.is_active)
    found = {}
    for row in connection.execute(statement.where(s.identifier_token.in_({key[1] for key in keys}))):
        if row[:3] in keys:
            found[tuple(row[:3])] = row.is_active
    return found


def find_consents(connection: Connection, keys: Set[tuple[str, str, str, str]]) -> dict[tuple[str, str, str, str], Row]:
    """The answers that are kept, by (type, token, channel, purpose); where there is none, the key is left out.

    Args:
        connection: a connection to the operations store.
        keys: which ones.
    """
    c = consents.c
    found = {}
    for row in connection.execute(select(consents).where(c.identifier_token.in_({key[1] for key in keys}))):
        key = (row.identifier_type, row.identifier_token, row.channel, row.purpose)
        if key in keys:
            found[key] = row
    return found
