"""The store knows which keys and normal forms its tokens were made with."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table; whose keys a store belongs to is proven before its row is written."""
    op.create_table(
        "key_records",
        sa.Column("record_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="pk_key_records"),
    )
    op.create_index("ix_key_records_updated_at", "key_records", ["updated_at"])
