"""When journeys let in, and the journeys that keep somebody out of another one."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table and the columns; journeys registered so far let in on every day."""
    op.add_column("journeys", sa.Column("entry_starts_on", sa.Date))
    op.add_column("journeys", sa.Column("entry_ends_on", sa.Date))
    op.create_table(
        "journey_exclusions",
        sa.Column("journey_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("other_journey_id", sa.String(100), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("journey_id", "version", "other_journey_id", name="pk_journey_exclusions"),
    )
    op.create_index("ix_journey_exclusions_updated_at", "journey_exclusions", ["updated_at"])
