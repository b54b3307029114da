"""Registered campaigns: the newest version of every file in `exports/campaigns/`, readable by the models.

Audience, steps, channels and variants are rows of their own for each version; one that is not in the file any more is
not deleted but inactive, since the models read what changed.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Float, Integer, String, Table, Text

from stores.operations.table_base import metadata, updated_at

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    # campaign or journey: a journey's recipients are those who stand at a step that sends.
    Column("kind", String(20), nullable=False, server_default="campaign"),
    Column("version", Integer, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    # The only segment that it goes to; empty where its audience, rows of campaign_audience, says more.
    Column("segment", String(100), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("holdout_percent", Float, nullable=False),
    Column("cap_class", String(40), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("occurrence", String(20), nullable=False),
    Column("goal", String(40), nullable=False),
    Column("goal_window_days", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("owner", String(100)),
    # What one message is expected to bring, and what all messages of the version may cost, in the reporting currency.
    Column("expected_value", Float),
    Column("budget", Float),
    # What the version may cost in all.
    Column("total_budget", Float),
    # Messages a day.
    Column("daily_limit", Integer),
    # Days and weekdays ("mon,tue") on which it is planned; null: all.
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("weekdays", String(40)),
    # Last day of what is offered, how many of it there are, and what one that is taken up costs.
    Column("offer_ends_on", Date),
    Column("offer_stock", Integer),
    Column("offer_cost", Float),
    # draft, approved, paused, changed since it was approved, or wrong_file; only an approved one is sent.
    Column("status", String(20), nullable=False, server_default="draft"),
    updated_at(),
)

campaign_audience = Table(
    "campaign_audience",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # include or exclude, a segment or a tag: in one of the included segments, with all included tags.
    Column("side", String(10), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
    CheckConstraint("side in ('include', 'exclude')", name="side"),
    CheckConstraint("kind in ('segment', 'tag')", name="kind"),
)

campaign_steps = Table(
    "campaign_steps",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64)),
    Column("template", String(100), nullable=False),
    # Days after the step before was sent.
    Column("wait_days", Integer, nullable=False, server_default="0"),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)

campaign_channels = Table(
    "campaign_channels",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("channel", String(20), primary_key=True),
    # Place in the campaign's order of preference, from 1.
    Column("position", Integer, nullable=False),
    Column("destination", String(100), nullable=False),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)

campaign_variants = Table(
    "campaign_variants",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("variant", String(40), primary_key=True),
    # How many customers get it, against the weights of the campaign's other variants.
    Column("weight", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)

# A field without which a customer cannot get the text of a step, a channel and a variant.
campaign_fields = Table(
    "campaign_fields",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("channel", String(20), primary_key=True),
    Column("variant", String(40), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("is_active", Boolean, nullable=False),
    updated_at(),
)
