"""Registered journeys: every version of the files in `exports/journeys/`, readable by the models.

Versions stay, since customers may stand inside one that its file does not have any more; `is_active` says what stands
in a file now.
"""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Text

from stores.operations.table_base import metadata, updated_at

journeys = Table(
    "journeys",
    metadata,
    Column("journey_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("first_step", String(64), nullable=False),
    # One of the two; an event lets in for this many days.
    Column("entry_segment", String(100)),
    Column("entry_event", String(64)),
    Column("entry_days", Integer),
    # First and last business day on which it lets in; null: no bound.
    Column("entry_starts_on", Date),
    Column("entry_ends_on", Date),
    # Days after the end of the last run; null: nobody enters twice.
    Column("reentry_days", Integer),
    # Several runs of a customer at once, each for another order or other entity.
    Column("is_concurrent", Boolean, nullable=False),
    # move, finish or leave: what becomes of those inside when the version rises.
    Column("on_edit", String(20), nullable=False),
    # Days after which a message that could not be sent counts as not sent.
    Column("valid_days", Integer, nullable=False),
    Column("owner", String(100)),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)

journey_steps = Table(
    "journey_steps",
    metadata,
    Column("journey_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    # send, wait, branch, task or exit.
    Column("kind", String(20), nullable=False),
    # Names of later steps, or exit.
    Column("then_step", String(64), nullable=False),
    Column("else_step", String(64), nullable=False),
    # Of send: the message's number, `step` in campaign_steps.
    Column("message", Integer),
    Column("wait_days", Integer),
    Column("event", String(64)),
    # Of a wait: only what happened to the order (or other entity) that the run is about.
    Column("is_of_entity", Boolean, nullable=False),
    Column("task", String(64)),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)

journey_arms = Table(
    "journey_arms",
    metadata,
    Column("journey_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("step", String(64), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    # SQL over what is known of the customer, checked when the file was read; null for all others.
    Column("condition", Text),
    Column("target", String(64), nullable=False),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)

journey_exits = Table(
    "journey_exits",
    metadata,
    Column("journey_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("event", String(64), primary_key=True),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)

# Who is inside the other journey does not enter this one.
journey_exclusions = Table(
    "journey_exclusions",
    metadata,
    Column("journey_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("other_journey_id", String(100), primary_key=True),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)

JOURNEY_TABLES = (journeys, journey_steps, journey_arms, journey_exits, journey_exclusions)
