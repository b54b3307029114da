"""What every table of the operations store shares: metadata, time type, portable upsert."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, DateTime, Dialect, MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

READS_ONLY = "guanxi_reads_only"
"""The execution option of a connection that writes nothing, so that it takes no lock."""


def utc(moment: datetime) -> datetime:
    """An aware moment as the naive UTC timestamp that the store keeps; a naive one is taken as UTC already."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def wall_clock() -> datetime:
    """Now, as naive UTC. Always the real clock: `updated_at` is what readers follow to see what changed since."""
    return datetime.now(UTC).replace(tzinfo=None)


class UtcDateTime(TypeDecorator[datetime]):
    """A timestamp without zone that holds UTC; aware values are converted on the way in."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn aware values into naive UTC."""
        return None if value is None else utc(value)


def updated_at() -> Column[datetime]:
    """The column that says when a row last changed (naive UTC, real clock); set by insert and by every update."""
    return Column("updated_at", UtcDateTime, nullable=False, default=wall_clock, onupdate=wall_clock, index=True)


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of the connection.

    Returns:
        SQLite's or PostgreSQL's insert construct; both have `on_conflict_do_nothing` and `on_conflict_do_update`.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def as_dictionaries(result: CursorResult[Any]) -> list[dict[str, Any]]:
    """The rows that are left of a result, by column name; in two thirds of the time that `mappings()` takes."""
    names = list(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]
