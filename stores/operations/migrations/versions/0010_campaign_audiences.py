"""Who campaigns go to as rows of their own; what a message is worth, budgets, schedules and offers."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table and the columns; campaigns registered so far have no row yet, and go to their segment."""
    for column in (
        sa.Column("owner", sa.String(100)),
        sa.Column("expected_value", sa.Float),
        sa.Column("budget", sa.Float),
        sa.Column("daily_limit", sa.Integer),
        sa.Column("starts_on", sa.Date),
        sa.Column("ends_on", sa.Date),
        sa.Column("weekdays", sa.String(40)),
        sa.Column("offer_ends_on", sa.Date),
        sa.Column("offer_stock", sa.Integer),
    ):
        op.add_column("campaigns", column)
    op.create_table(
        "campaign_audience",
        sa.Column("campaign_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "version", "side", "kind", "name", name="pk_campaign_audience"),
        sa.CheckConstraint("side in ('include', 'exclude')", name=op.f("ck_campaign_audience_side")),
        sa.CheckConstraint("kind in ('segment', 'tag')", name=op.f("ck_campaign_audience_kind")),
    )
    op.create_index("ix_campaign_audience_updated_at", "campaign_audience", ["updated_at"])
