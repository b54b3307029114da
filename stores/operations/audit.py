"""The audit log: who looked at, unsealed or changed what, when and why. Rows are added, never changed or deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text

from stores.operations.table_base import UtcDateTime, metadata, updated_at

audit_log = Table(
    "audit_log",
    metadata,
    # SQLite numbers rows by itself only when the key's type is exactly INTEGER.
    Column("audit_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("actor", String(100), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject_type", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("purpose", String(100), nullable=False),
    Column("records", Integer, nullable=False),
    Column("detail", Text),
    Column("occurred_at", UtcDateTime, nullable=False),
    updated_at(),
)


def record_access(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject_type: str,
    subject: str,
    purpose: str,
    records: int,
    moment: datetime,
    detail: str | None = None,
) -> None:
    """Add one row to the audit log, in the caller's transaction.

    Args:
        connection: a connection of `writing`.
        actor: the person, or the part of the system that acts on its own, such as `exports.delivery.deliver`.
        action: what was done: `unseal`, `view`, `change` …
        subject_type: what kind of thing `subject` names: `batch`, `customer`, `delivery` …
        subject: its id.
        purpose: why it was allowed.
        records: how many people's data it touched.
        moment: when; aware, or naive UTC.
        detail: anything more that explains it, without personal data.
    """
    connection.execute(
        audit_log.insert(),
        {
            "actor": actor,
            "action": action,
            "subject_type": subject_type,
            "subject": subject,
            "purpose": purpose,
            "records": records,
            "detail": detail,
            "occurred_at": moment,
        },
    )
