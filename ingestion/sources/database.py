"""SQL databases of any SQLAlchemy dialect, read by a cursor column in batches of columns."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa
import stamina
from pydantic import Field
from sqlalchemy.engine import URL, make_url

from ingestion.contract.channel import Batch, Channel, ChannelSettings, NothingThere, SourceUnavailable
from ingestion.contract.table import Table, header_key
from stores import operations
from stores.errors import UserError
from stores.settings import Settings

OWN_STORE = "{operations}"
"""The default place of a channel that reads this installation's operations store back."""

_ROWS_A_BATCH = 20_000
_TRANSIENT = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)

logger = logging.getLogger(__name__)


class DatabaseSettings(ChannelSettings):
    """Section of a channel that is read from a database."""

    url: str = Field("", description="SQLAlchemy URL; the channel's default place when empty")
    attempts: int = Field(4, ge=1, le=20, description="tries before the source counts as down")
    retry_seconds: float = Field(0.5, ge=0, description="first wait between tries; it doubles")
    lookback_seconds: float | None = Field(
        None,
        ge=0,
        description="read this far back for rows that were committed late; the contract's days when not given",
    )


@dataclass(frozen=True)
class Database:
    """A database as the source of a channel; of its tables the declared columns are read, others are let be.

    Attributes:
        default_url: where it is unless configured; `{landing}` and `{operations}` stand for this installation's places.
        holds_utc: whether its times without a zone are UTC; otherwise they are business time.
    """

    default_url: str
    holds_utc: bool = False

    def describe(self, settings: Settings, channel: Channel) -> str:
        """Database name without host and credentials."""
        url = self._url(settings, channel)
        return f"{url.get_backend_name()}:{Path(url.database or '').name}"

    def lookback_seconds(self, settings: Settings, channel: Channel) -> float | None:
        """From the channel's section."""
        return _own(settings, channel).lookback_seconds

    def pull(self, settings: Settings, channel: Channel, since: Mapping[str, datetime]) -> Iterator[Batch]:
        """Stream every table's rows in batches of text columns."""
        return self._read(settings, channel, since)

    def sample(self, settings: Settings, channel: Channel, rows: int) -> Iterator[Batch]:
        """The first rows of every table, as the database gives them."""
        return self._read(settings, channel, {}, rows)

    def _read(
        self, settings: Settings, channel: Channel, since: Mapping[str, datetime], rows: int | None = None
    ) -> Iterator[Batch]:
        own = _own(settings, channel)
        url = self._url(settings, channel)
        missing = url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists()
        if missing and not own.url:
            raise NothingThere(f"no database at {url.database}")
        if missing:
            raise SourceUnavailable(f"[channels.{channel.name}] url: there is no file {url.database}. Check the path.")
        if self.default_url == OWN_STORE and not own.url:
            _refuse_lost_store(settings, channel)
        engine = sa.create_engine(url)
        try:
            present = self._connected(engine, channel, own)
            for table in channel.tables:
                source = table.source_table or table.name
                if source not in present:
                    logger.info("%s: the database has no table %s yet", channel.name, source)
                    continue
                yield from self._stream(engine, settings, channel, table, source, since.get(table.name), rows)
        finally:
            engine.dispose()

    def _url(self, settings: Settings, channel: Channel) -> URL:
        given = _own(settings, channel).url
        default = self.default_url.format(landing=settings.landing, operations=settings.operations_database_url)
        try:
            return make_url(given or default)
        except sa.exc.ArgumentError as bad:
            raise UserError(f"[channels.{channel.name}] url is not a database URL such as sqlite:///pos.db.") from bad

    def _connected(self, engine: sa.Engine, channel: Channel, own: DatabaseSettings) -> set[str]:
        """Names of tables and views, after as many tries as it takes.

        Raises:
            SourceUnavailable: it did not answer.
        """
        try:
            for attempt in stamina.retry_context(
                on=_TRANSIENT, attempts=own.attempts, wait_initial=own.retry_seconds, wait_max=30, timeout=None
            ):
                with attempt, engine.connect() as connection:
                    inspector = sa.inspect(connection)
                    return {*inspector.get_table_names(), *inspector.get_view_names()}
        except (*_TRANSIENT, sa.exc.DatabaseError, ImportError) as down:
            # only the first line: further ones can hold the statement's parameters
            why = str(getattr(down, "orig", None) or down).splitlines()[0]
            raise SourceUnavailable(
                f"Channel {channel.name}: the database does not answer ({why}). Nothing new was read from it; "
                f"check it and run again."
            ) from down
        raise AssertionError("unreachable")

    def _stream(
        self,
        engine: sa.Engine,
        settings: Settings,
        channel: Channel,
        table: Table,
        source: str,
        since: datetime | None,
        most: int | None,
    ) -> Iterator[Batch]:
        reflected = sa.Table(source, sa.MetaData(), autoload_with=engine)
        columns = _declared(table, reflected)
        # without a type nothing is converted on the way: the contract says what a value means
        query = sa.select(
            *(sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in columns)
        ).limit(most)
        if table.cursor and since is not None:
            names = (table.cursor, *table.contract[table.cursor].header)
            cursor = next((reflected.columns[name] for name in names if name in reflected.columns), None)
            if cursor is None:
                raise UserError(
                    f"Channel {channel.name}: table {source} lacks {table.cursor}, by which news are found. "
                    "Correct the source or the contract."
                )
            query = query.where(_is_news(engine, cursor, since, settings, self.holds_utc))
        suffixes = ["Z" if self.holds_utc and isinstance(column.type, sa.DateTime) else "" for column in columns]
        try:
            with engine.connect().execution_options(stream_results=True) as connection:
                result = connection.execute(query)
                rows = result.fetchmany(_ROWS_A_BATCH)
                if not rows and most is not None:
                    nothing = pa.array([], pa.string())
                    yield Batch(table, pa.table({column.name: nothing for column in columns}))
                while rows:
                    cells = zip(*rows, strict=True)
                    arrays = [_texts(list(cell), suffix) for cell, suffix in zip(cells, suffixes, strict=True)]
                    yield Batch(table, pa.Table.from_arrays(arrays, names=[column.name for column in columns]))
                    rows = result.fetchmany(_ROWS_A_BATCH)
        except _TRANSIENT as down:
            why = str(getattr(down, "orig", None) or down).splitlines()[0]
            raise SourceUnavailable(
                f"Channel {channel.name}: the database broke off while reading {source} ({why}). "
                "Nothing of this run was loaded; run again."
            ) from down


def _refuse_lost_store(settings: Settings, channel: Channel) -> None:
    """Rows of another or an older operations store are not this installation's."""
    try:
        operations.engine(settings)
    except UserError as lost:
        raise SourceUnavailable(f"Channel {channel.name}: {lost}") from lost


def _own(settings: Settings, channel: Channel) -> DatabaseSettings:
    """The channel's section; its model may have other defaults."""
    model = channel.settings_model
    return settings.channel(channel.name, model if issubclass(model, DatabaseSettings) else DatabaseSettings)


def _is_news(
    engine: sa.Engine, cursor: sa.Column[Any], since: datetime, settings: Settings, holds_utc: bool
) -> sa.ColumnElement[bool]:
    """Whether a row changed since then, or does not say when it changed."""
    if engine.dialect.name == "sqlite" or isinstance(cursor.type, sa.String):
        # text sorts by its spelling: the day before is earlier than anything of that moment, whatever the
        # separator and the offset; rows seen before are sorted out later
        day = sa.literal((since - timedelta(days=1)).date().isoformat(), sa.String)
        text = sa.type_coerce(cursor, sa.String)
        return sa.or_(cursor.is_(None), text >= day, sa.func.trim(text) == "")
    moment = since.replace(tzinfo=ZoneInfo(settings.timezone))
    if not (isinstance(cursor.type, sa.DateTime) and cursor.type.timezone):
        moment = moment.astimezone(UTC).replace(tzinfo=None) if holds_utc else since
    return sa.or_(cursor.is_(None), cursor >= moment)


def _declared(table: Table, reflected: sa.Table) -> list[sa.Column[Any]]:
    """The columns that the contract speaks of; all of them if it speaks of none, so that the reader can say so."""
    known = {header_key(name) for column, declared in table.contract.items() for name in (column, *declared.header)}
    return [column for column in reflected.columns if header_key(column.name) in known] or list(reflected.columns)


def _texts(values: list[Any], suffix: str) -> pa.Array:
    """A column of database values as text, each with the suffix."""
    if not suffix and all(value is None or isinstance(value, str) for value in values):
        return pa.array(values, pa.string())
    return pa.array([None if value is None else _text(value) + suffix for value in values], pa.string())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
