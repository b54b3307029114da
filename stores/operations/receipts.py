"""What the messaging tools reported back: raw events, the files they came in, the lines that nobody can read."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from stores.operations.base import UtcDateTime, metadata, updated_at

delivery_events = Table(
    "delivery_events",
    metadata,
    # The peer's own id: an event that is pushed twice is one event.
    Column("event_id", String(200), primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("event", String(20), nullable=False),
    Column("detail", Text),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    updated_at(),
    Index(None, "delivery_id"),
)

receipt_files = Table(
    "receipt_files",
    metadata,
    # sha256 of the content: a file dropped twice, or renamed, is one file.
    Column("file_id", String(64), primary_key=True),
    Column("source_file", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("events", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("collected_at", UtcDateTime, nullable=False),
    updated_at(),
)

receipt_quarantine = Table(
    "receipt_quarantine",
    metadata,
    Column("file_id", String(64), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("source_file", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # The line as it came, encrypted: a broken line may hold anything.
    Column("row_cipher", Text, nullable=False),
    Column("quarantined_at", UtcDateTime, nullable=False),
    updated_at(),
)
