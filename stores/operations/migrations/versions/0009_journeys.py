"""Journeys with steps, branches and the events that end them; campaigns say which of them are journeys."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables; what is registered so far are campaigns."""
    op.add_column("campaigns", sa.Column("kind", sa.String(20), nullable=False, server_default="campaign"))
    _create(
        "journeys",
        sa.Column("first_step", sa.String(64), nullable=False),
        sa.Column("entry_segment", sa.String(100)),
        sa.Column("entry_event", sa.String(64)),
        sa.Column("entry_days", sa.Integer),
        sa.Column("reentry_days", sa.Integer),
        sa.Column("is_concurrent", sa.Boolean, nullable=False),
        sa.Column("on_edit", sa.String(20), nullable=False),
        sa.Column("valid_days", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(100)),
    )
    _create(
        "journey_steps",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("then_step", sa.String(64), nullable=False),
        sa.Column("else_step", sa.String(64), nullable=False),
        sa.Column("message", sa.Integer),
        sa.Column("wait_days", sa.Integer),
        sa.Column("event", sa.String(64)),
        sa.Column("is_of_entity", sa.Boolean, nullable=False),
        sa.Column("task", sa.String(64)),
        keys=["name"],
    )
    _create(
        "journey_arms",
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("condition", sa.Text),
        sa.Column("target", sa.String(64), nullable=False),
        keys=["step", "position"],
    )
    _create("journey_exits", sa.Column("event", sa.String(64), nullable=False), keys=["event"])


def _create(name: str, *columns: "sa.Column[Any]", keys: Sequence[str] = ()) -> None:
    op.create_table(
        name,
        sa.Column("journey_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *columns,
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("journey_id", "version", *keys, name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_updated_at", name, ["updated_at"])
