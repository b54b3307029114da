"""Plans that a second person approved, beside whoever approved the campaign."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "second_approvals",
        sa.Column("campaign_id", sa.String(100), nullable=False),
        sa.Column("publication_id", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("campaign_version", sa.Integer, nullable=False),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("approved_by", sa.String(100), nullable=False),
        sa.Column("approved_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "publication_id", name="pk_second_approvals"),
    )
    op.create_index("ix_second_approvals_updated_at", "second_approvals", ["updated_at"])
