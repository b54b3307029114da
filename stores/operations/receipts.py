"""What the messaging tools reported back: events, the files they came in, unusable lines, and what followed."""

import hashlib
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from stores.operations.table_base import UtcDateTime, metadata, updated_at

delivery_events = Table(
    "delivery_events",
    metadata,
    # Ours. Tools number as they like: two of them from 1, or several events of a message with one number.
    Column("event_id", String(200), primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("event", String(20), nullable=False),
    Column("detail", Text),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    # What makes an event the same event: destination, the tool's own id, content. See `event_digest`.
    Column("digest", String(64)),
    Column("destination", String(100)),
    Column("peer_event_id", String(200)),
    # hard or soft, of a bounce.
    Column("bounce_class", String(10)),
    Column("file_id", String(64)),
    updated_at(),
    Index(None, "delivery_id"),
    Index(None, "digest", unique=True),
    Index(None, "destination", "peer_event_id"),
    Index(None, "file_id"),
)

receipt_files = Table(
    "receipt_files",
    metadata,
    # sha256 of the content: a file dropped twice, or renamed, is one file. In a destination's folder, its name too.
    Column("file_id", String(64), primary_key=True),
    Column("source_file", Text, nullable=False),
    Column("destination", String(100)),
    Column("bytes", BigInteger, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("events", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    # Events whose id had come before with another content.
    Column("repeated_ids", Integer),
    # Why the file was not read to its end, and why what followed from it looks wrong.
    Column("problem", Text),
    Column("alarm", Text),
    Column("collected_at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Column("undone_by", String(100)),
    Column("undone_reason", Text),
    updated_at(),
)

receipt_quarantine = Table(
    "receipt_quarantine",
    metadata,
    Column("file_id", String(64), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("source_file", Text, nullable=False),
    Column("destination", String(100)),
    Column("reason", Text, nullable=False),
    # The line as it came, encrypted: a broken line may hold anything.
    Column("row_cipher", Text, nullable=False),
    Column("quarantined_at", UtcDateTime, nullable=False),
    Column("replayed_at", UtcDateTime),
    updated_at(),
)

receipt_effects = Table(
    "receipt_effects",
    metadata,
    # What a file closed, and what was there before, so that a wrong file can be taken back.
    Column("file_id", String(64), primary_key=True),
    Column("identifier_type", String(40), primary_key=True),
    Column("identifier_token", String(200), primary_key=True),
    Column("channel", String(20), primary_key=True),
    # Of a withdrawn consent; empty for a suppression.
    Column("purpose", String(40), primary_key=True),
    Column("destination", String(100), nullable=False),
    Column("was_closed", Boolean, nullable=False),
    Column("previous_source", Text),
    # Of the consent before; without one, when the message was planned: it was planned on a consent.
    Column("previous_changed_at", UtcDateTime),
    Column("source", Text),
    updated_at(),
    Index(None, "identifier_token"),
)


def event_digest(
    destination: str, peer_event_id: str, delivery_id: str, event: str, detail: str | None, occurred_at: datetime
) -> str:
    """What makes a reported event the same event: 64 hex digits.

    Args:
        destination: the tool that reported it.
        peer_event_id: the tool's own id of it; empty when it gave none.
        delivery_id: the message.
        event: what happened.
        detail: more about it, as it is kept.
        occurred_at: when, naive UTC.
    """
    parts = (destination, peer_event_id, delivery_id, event, detail or "", occurred_at.isoformat(sep=" "))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
