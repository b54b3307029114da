"""What a campaign and a destination sent is counted at each claim, for the limits that customers share."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_HAS_SLOT = sa.text("slot_at is not null")


def upgrade() -> None:
    """Add the indexes by which it is counted."""
    for name, columns in (
        ("ix_deliveries_campaign_slots", ["campaign_id", "campaign_version", "slot_at", "channel"]),
        ("ix_deliveries_destination_slots", ["destination", "slot_at"]),
    ):
        op.create_index(name, "deliveries", columns, sqlite_where=_HAS_SLOT, postgresql_where=_HAS_SLOT)
