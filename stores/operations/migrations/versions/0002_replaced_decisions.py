"""Identity decisions say which newer one replaced them, so that undoing the newer one brings them back."""

from alembic import op
from sqlalchemy import Column, String

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; decisions made before replaced nothing."""
    op.add_column("identity_decisions", Column("replaced_by", String(40)))
