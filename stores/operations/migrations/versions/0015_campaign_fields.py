"""The fields of customers that the texts of campaigns need."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the table; the next run, which registers every campaign, fills it."""
    op.create_table(
        "campaign_fields",
        sa.Column("campaign_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("variant", sa.String(40), nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint(
            "campaign_id", "version", "step", "channel", "variant", "field", name="pk_campaign_fields"
        ),
    )
    op.create_index("ix_campaign_fields_updated_at", "campaign_fields", ["updated_at"])
