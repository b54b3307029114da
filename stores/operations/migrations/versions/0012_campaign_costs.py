"""What campaigns may cost in all, and what an offer costs that is taken up."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns; campaigns registered so far say neither."""
    for name in ("total_budget", "offer_cost"):
        op.add_column("campaigns", sa.Column(name, sa.Float))
