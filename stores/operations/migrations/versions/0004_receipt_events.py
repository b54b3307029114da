"""Events are told apart by destination, id and content; receipt files can be taken back."""

import hashlib
from datetime import datetime
from typing import Any

from alembic import op
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    PrimaryKeyConstraint,
    RowMapping,
    String,
    Text,
    bindparam,
    column,
    select,
)
from sqlalchemy import table as a_table

revision = "0004"
down_revision = "0003"

_PORTION = 5_000


def upgrade() -> None:
    """Add columns and the table of effects; events of before get their destination and digest."""
    added: dict[str, list[Column[Any]]] = {
        "delivery_events": [
            Column("digest", String(64)),
            Column("destination", String(100)),
            Column("peer_event_id", String(200)),
            Column("bounce_class", String(10)),
            Column("file_id", String(64)),
        ],
        "receipt_files": [
            Column("destination", String(100)),
            Column("repeated_ids", Integer()),
            Column("problem", Text()),
            Column("alarm", Text()),
            Column("undone_at", DateTime()),
            Column("undone_by", String(100)),
            Column("undone_reason", Text()),
        ],
        "receipt_quarantine": [Column("destination", String(100)), Column("replayed_at", DateTime())],
    }
    for table, columns in added.items():
        for each in columns:
            op.add_column(table, each)
    op.create_table(
        "receipt_effects",
        Column("file_id", String(64), nullable=False),
        Column("identifier_type", String(40), nullable=False),
        Column("identifier_token", String(200), nullable=False),
        Column("channel", String(20), nullable=False),
        Column("purpose", String(40), nullable=False),
        Column("destination", String(100), nullable=False),
        Column("was_closed", Boolean(), nullable=False),
        Column("previous_source", Text()),
        Column("previous_changed_at", DateTime()),
        Column("source", Text()),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint(
            "file_id", "identifier_type", "identifier_token", "channel", "purpose", name="pk_receipt_effects"
        ),
    )
    op.create_index("ix_receipt_effects_identifier_token", "receipt_effects", ["identifier_token"])
    op.create_index("ix_receipt_effects_updated_at", "receipt_effects", ["updated_at"])
    op.create_index("ix_delivery_events_digest", "delivery_events", ["digest"], unique=True)
    op.create_index("ix_delivery_events_destination_peer_event_id", "delivery_events", ["destination", "peer_event_id"])
    op.create_index("ix_delivery_events_file_id", "delivery_events", ["file_id"])
    _describe_earlier_events()


_events = a_table(
    "delivery_events",
    *(column(name) for name in ("event_id", "delivery_id", "event", "detail", "digest", "destination")),
    column("peer_event_id"),
    column("bounce_class"),
    column("occurred_at", DateTime()),
)
_deliveries = a_table("deliveries", column("delivery_id"), column("destination"))


def _describe_earlier_events() -> None:
    connection = op.get_bind()
    earlier = (
        select(_events, _deliveries.c.destination.label("sent_by"))
        .join(_deliveries, _deliveries.c.delivery_id == _events.c.delivery_id)
        .order_by(_events.c.event_id)
        .limit(_PORTION)
    )
    described = (
        _events.update()
        .where(_events.c.event_id == bindparam("key"))
        .values(
            digest=bindparam("made"),
            destination=bindparam("tool"),
            peer_event_id=bindparam("key"),
            bounce_class=bindparam("class"),
        )
    )
    last = ""
    while rows := connection.execute(earlier.where(_events.c.event_id > last)).mappings().all():
        connection.execute(described, [_description(row) for row in rows])
        last = rows[-1]["event_id"]


def _description(row: RowMapping) -> dict[str, str | None]:
    said = (row["detail"] or "").lower()
    bounce_class = "soft" if "soft" in said or "temporary" in said else "hard"
    return {
        "key": row["event_id"],
        "tool": row["sent_by"],
        "made": _digest(**row),
        "class": bounce_class if row["event"] == "bounced" else None,
    }


def _digest(
    sent_by: str, event_id: str, delivery_id: str, event: str, detail: str | None, occurred_at: datetime, **_: object
) -> str:
    parts = (sent_by, event_id, delivery_id, event, detail or "", occurred_at.isoformat(sep=" "))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
