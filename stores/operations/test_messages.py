"""Test messages: what was sent to people of the company, to see a campaign as its customers would.

A table of its own, so that no plan, cap, result or model can count one. What a message said is not kept, and of the
address only its mask.
"""

from sqlalchemy import CheckConstraint, Column, Connection, Integer, String, Table, select

from stores.operations.table_base import UtcDateTime, metadata, updated_at

STATES = ("sending", "accepted", "not_sent", "rejected", "unknown")

test_messages = Table(
    "test_messages",
    metadata,
    # t_ and a token; receipts name it.
    Column("test_id", String(40), primary_key=True),
    Column("campaign_id", String(100), nullable=False),
    Column("campaign_version", Integer, nullable=False),
    # As in campaign_approvals: the form of the campaign that was tried.
    Column("digest", String(64), nullable=False),
    Column("step", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("variant", String(40), nullable=False),
    Column("destination", String(100), nullable=False),
    Column("list_name", String(100), nullable=False),
    Column("recipient", String(100), nullable=False),
    Column("address_mask", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(200)),
    Column("sent_by", String(100), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    updated_at(),
    CheckConstraint("state in (" + ", ".join(f"'{state}'" for state in STATES) + ")", name="state"),
)


def tests_among(connection: Connection, ids: set[str]) -> set[str]:
    """Those of the ids that are of test messages.

    Args:
        connection: a connection of `reading` or `writing`.
        ids: as receipts name messages.
    """
    t = test_messages.c
    return set(connection.scalars(select(t.test_id).where(t.test_id.in_(ids)))) if ids else set()
