"""Campaigns are drafts until somebody approves them; the models hear of it through the campaign's status."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, DateTime, String, Text, text

revision = "0003"
down_revision = "0002"

_WAITS = text("state in ('planned', 'held', 'queued')")


def upgrade() -> None:
    """Add the table and the column; every campaign of before is a draft."""
    op.add_column("campaigns", Column("status", String(20), nullable=False, server_default="draft"))
    op.create_table(
        "campaign_approvals",
        Column("campaign_id", String(100), primary_key=True),
        Column("decision", String(20), nullable=False),
        Column("digest", String(64), nullable=False),
        Column("files", Text, nullable=False),
        Column("decided_by", String(100), nullable=False),
        Column("reason", Text),
        Column("decided_at", DateTime, nullable=False),
        Column("updated_at", DateTime, nullable=False),
        CheckConstraint("decision in ('approved', 'paused')", name=op.f("ck_campaign_approvals_decision")),
    )
    op.create_index(op.f("ix_campaign_approvals_updated_at"), "campaign_approvals", ["updated_at"])
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["campaign_id", "planned_at"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
