"""Registered campaigns: the newest version of every file in `exports/campaigns/`, readable by the models."""

from sqlalchemy import Boolean, Column, Float, Integer, String, Table, Text

from stores.operations.table_base import metadata, updated_at

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("segment", String(100), nullable=False),
    Column("step", Integer, nullable=False),
    Column("channels", Text, nullable=False),
    Column("destinations", Text, nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("template", String(100), nullable=False),
    Column("holdout_percent", Float, nullable=False),
    Column("cap_class", String(40), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("occurrence", String(20), nullable=False),
    Column("goal", String(40), nullable=False),
    Column("goal_window_days", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
    # draft, approved, paused, or changed since it was approved; only an approved one is sent.
    Column("status", String(20), nullable=False, server_default="draft"),
    updated_at(),
)
