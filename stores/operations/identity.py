"""Stewards' decisions about identity: two source profiles are, or are not, the same person."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, String, Table, Text

from stores.operations.base import UtcDateTime, metadata, updated_at

identity_decisions = Table(
    "identity_decisions",
    metadata,
    Column("decision_id", String(40), primary_key=True),
    Column("decision", String(20), nullable=False),
    Column("left_profile_id", String(200), nullable=False),
    Column("right_profile_id", String(200), nullable=False),
    Column("reason", Text),
    Column("decided_by", String(100), nullable=False),
    # False when the steward took it back; the row stays, so that history can be told.
    Column("is_active", Boolean, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    updated_at(),
    CheckConstraint("decision in ('join', 'separate')", name="decision"),
    CheckConstraint("left_profile_id <> right_profile_id", name="two_profiles"),
    Index(None, "left_profile_id"),
    Index(None, "right_profile_id"),
)
