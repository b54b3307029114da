"""The store has an id and counts its writing transactions, so that a lost or older one is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table; its row is written when a data folder first opens the store."""
    op.create_table(
        "store_records",
        sa.Column("record_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("store_id", sa.String(40), nullable=False),
        sa.Column("writes", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="pk_store_records"),
    )
    op.create_index("ix_store_records_updated_at", "store_records", ["updated_at"])
