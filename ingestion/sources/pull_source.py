"""Sources that are asked instead of dropping files: databases and APIs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from ingestion.contract.declarations import Channel, Table
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
