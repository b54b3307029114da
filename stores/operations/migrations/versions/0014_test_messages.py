"""Messages to people of the company, to try a campaign."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "test_messages",
        sa.Column("test_id", sa.String(40), nullable=False),
        sa.Column("campaign_id", sa.String(100), nullable=False),
        sa.Column("campaign_version", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("variant", sa.String(40), nullable=False),
        sa.Column("destination", sa.String(100), nullable=False),
        sa.Column("list_name", sa.String(100), nullable=False),
        sa.Column("recipient", sa.String(100), nullable=False),
        sa.Column("address_mask", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("sent_by", sa.String(100), nullable=False),
        sa.Column("sent_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("test_id", name="pk_test_messages"),
        sa.CheckConstraint(
            "state in ('sending', 'accepted', 'not_sent', 'rejected', 'unknown')", name=op.f("ck_test_messages_state")
        ),
    )
    op.create_index("ix_test_messages_updated_at", "test_messages", ["updated_at"])
