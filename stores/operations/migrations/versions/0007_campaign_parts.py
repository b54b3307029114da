"""Steps, channels and variants of campaigns are rows of their own; what stood in lists moves there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_KEYS = {"step", "channel", "variant"}
_MOVED = ("step", "channels", "destinations", "template")


def upgrade() -> None:
    """Add the tables, move what campaigns say into them, and drop the columns that said it."""
    steps = _create("campaign_steps", sa.Column("step", sa.Integer), sa.Column("template", sa.String(100)))
    channels = _create(
        "campaign_channels",
        sa.Column("step", sa.Integer),
        sa.Column("channel", sa.String(20)),
        sa.Column("position", sa.Integer),
        sa.Column("destination", sa.String(100)),
    )
    variants = _create("campaign_variants", sa.Column("variant", sa.String(40)), sa.Column("weight", sa.Integer))
    campaigns = sa.table("campaigns", *map(sa.column, ("campaign_id", "version", "is_active", *_MOVED)))
    found = op.get_bind().execute(sa.select(campaigns)).mappings().all()
    for table, rows in (
        (steps, [{"step": row["step"], "template": row["template"], **_common(row)} for row in found]),
        (channels, [each for row in found for each in _channels(row)]),
        (variants, [{"variant": "a", "weight": 1, **_common(row)} for row in found]),
    ):
        if rows:
            op.bulk_insert(table, rows)
    for name in _MOVED:
        op.drop_column("campaigns", name)


def _create(name: str, *columns: "sa.Column[Any]") -> sa.Table:
    for column in columns:
        column.nullable = False
    keys = ["campaign_id", "version", *(column.name for column in columns if column.name in _KEYS)]
    table = op.create_table(
        name,
        sa.Column("campaign_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *columns,
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_updated_at", name, ["updated_at"])
    return table


def _common(row: Any) -> dict[str, Any]:
    """What every part says of its campaign."""
    moment = datetime.now(UTC).replace(tzinfo=None)
    return {
        "campaign_id": row["campaign_id"],
        "version": row["version"],
        "is_active": row["is_active"],
        "updated_at": moment,
    }


def _channels(row: Any) -> Iterator[dict[str, Any]]:
    named = zip(row["channels"].split(","), row["destinations"].split(","), strict=True)
    for position, (channel, destination) in enumerate(named, start=1):
        yield {
            "step": row["step"],
            "channel": channel.strip(),
            "position": position,
            "destination": destination.strip(),
            **_common(row),
        }
