"""What a channel promises to deliver: its name, its tables, its source.

A channel is one folder `ingestion/channels/<name>/` whose package exposes `CHANNEL`. For files nothing more than the
declaration is needed:

    CHANNEL = Channel(
        name="online_retail",
        title_zh="网店",
        tables=[
            Table(
                name="order_lines",
                pattern="online_retail*.csv.gz",
                columns={
                    "invoice": Column("text", "Invoice", required=True),
                    "quantity": Column("int", "Quantity"),
                    "ordered_at": Column("timestamp", "InvoiceDate"),
                    "price": Column("decimal", "Price", scale=4),
                    "customer_id": Column("text", "Customer ID"),
                    "phone": "phone",  # personal: becomes phone_token, phone_cipher, phone_mask
                },
            )
        ],
    )

and files dropped into `landing/<name>/` are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from ingestion.contract.table import NAME, Table
from stores.errors import UserError
from stores.settings import Settings


class SourceUnavailable(UserError):
    """A source did not answer, also after retries. Its data stays as of the last success."""


class NothingThere(Exception):
    """The source was never set up: nobody configured it and its default place is empty. Not a failure."""


@dataclass(frozen=True)
class Batch:
    """Some rows for one table.

    Attributes:
        table: which.
        rows: text columns named as the source names them, or row dicts.
    """

    table: Table
    rows: pa.Table | list[dict[str, Any]]


class Source(Protocol):
    """Where a channel pulls from."""

    def describe(self, settings: Settings, channel: Channel) -> str:
        """A short name for `_source_file`, without credentials."""
        ...

    def lookback_seconds(self, settings: Settings, channel: Channel) -> float | None:
        """How far before the last cursor to read again, when it is configured; else each table's contract says it."""
        ...

    def pull(self, settings: Settings, channel: Channel, since: Mapping[str, datetime]) -> Iterator[Batch]:
        """Rows that changed at or after `since`; everything for a table that is not in it.

        Args:
            settings: of this installation.
            channel: the channel.
            since: table name to naive business time.

        Raises:
            SourceUnavailable: no answer after retries.
            NothingThere: never configured and not there.
        """
        ...


@runtime_checkable
class SampledSource(Protocol):
    """A source that gives a few rows of each table without reading them all."""

    def sample(self, settings: Settings, channel: Channel, rows: int) -> Iterator[Batch]:
        """The first rows of every table; of a table without rows an empty batch.

        Args:
            settings: of this installation.
            channel: the channel.
            rows: how many of each.

        Raises:
            SourceUnavailable: no answer.
            NothingThere: never configured and not there.
        """
        ...


class ChannelSettings(BaseModel):
    """Section `[channels.<name>]` of `.dlt/config.toml` for a channel of files; sources with more extend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = Field("", description="folder of the files; landing/<channel> when empty")
    settle_seconds: float = Field(2.0, ge=0, le=3600, description="a file must have been unchanged for this long")
    give_up_seconds: float = Field(
        3600.0, ge=0, description="a half-written Parquet, gzip or JSON file is waited for this long, then quarantined"
    )


@dataclass(frozen=True)
class Channel:
    """One source of customer data.

    Attributes:
        name: package name under `ingestion/channels/`; the lake dataset is `raw_<name>`.
        title_zh: name on screen in Chinese; the English one when empty.
        tables: the tables it delivers, one at least.
        title_en: name on screen in English; the channel's name when empty.
        description: what it is and how it arrives, one or two sentences.
        freshness_hours: older than this, its data counts as stale.
        source: where to pull from; None: files in the landing folder.
        settings_model: pydantic model of its section in `.dlt/config.toml`.
    """

    name: str
    title_zh: str = ""
    tables: Sequence[Table] = ()
    title_en: str = ""
    description: str = ""
    freshness_hours: int = 48
    source: Source | None = None
    settings_model: type[ChannelSettings] = field(default=ChannelSettings)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise UserError(f"Channel name {self.name!r} must be snake_case.")
        names = [table.name for table in self.tables]
        if not names or len(set(names)) < len(names):
            raise UserError(f"Channel {self.name}: needs at least one table, each with a name of its own.")
        if self.source is None:
            for table in self.tables:
                if not table.pattern:
                    raise UserError(f"Channel {self.name}, table {table.name}: `pattern` is missing (which files?).")

    @property
    def titles(self) -> tuple[str, str]:
        """What it is called on screen, in Chinese and in English."""
        return self.title_zh or self.title_en or self.name, self.title_en or self.name

    @property
    def dataset(self) -> str:
        """Dataset in the lake, dbt source and asset-key prefix."""
        return f"raw_{self.name}"

    def table(self, name: str) -> Table:
        """The table of that name.

        Raises:
            UserError: there is none.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise UserError(f"Channel {self.name} has no table {name!r}; it has {', '.join(t.name for t in self.tables)}.")
