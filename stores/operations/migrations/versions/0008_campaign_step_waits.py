"""Steps of campaigns have names, and days to wait after the step before."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns; steps that are there wait for nothing."""
    op.add_column("campaign_steps", sa.Column("name", sa.String(64)))
    op.add_column("campaign_steps", sa.Column("wait_days", sa.Integer, nullable=False, server_default="0"))
