"""Opens a publication for reading: bounded, one publication whole, with errors that say what to do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import duckdb

from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.publication_files.pointer import current_publication
from stores.publication_files.tables import follow
from stores.settings import Settings, load_settings

if TYPE_CHECKING:  # their import takes as long as most questions
    import pandas as pd
    import pyarrow as pa

log = logging.getLogger(__name__)

Row = dict[str, Any]
T = TypeVar("T")
_DAMAGE = (
    duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException, duckdb.InternalException,
    duckdb.FatalException,
)  # fmt: skip


class NoPublication(UserError):
    """Nothing has been published yet."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            f"{settings.past_day} was not built apart here. Unset GUANXI_PAST_DAY and run `guanxi run --as-of "
            f"{settings.past_day}`."
            if settings.past_day
            else f"Nothing is published in {settings.published} yet. Run `guanxi run`."
        )


class PublicationDamaged(UserError):
    """A file of the publication is missing or is not readable any more."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The publication {path} cannot be read. Run `guanxi publish` to make it again.")


class TableMissing(UserError):
    """The publication was made by an older or a partial run and lacks a table or a column.

    Attributes:
        what: DuckDB's name of what is missing, without values.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"The publication {path} lacks something: {what}. Run `guanxi run --full`.")
        self.what = what


class QuestionTooLong(UserError):
    """The answer took longer than the asker wanted to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The answer took longer than {seconds:.0f} s and was given up. Ask for less, or ask again.")


def current_copy(settings: Settings, seconds: float | None = None) -> PublishedCopy:
    """Open the current publication.

    Args:
        settings: the installation.
        seconds: how long one question may take; None: as long as it takes.

    Raises:
        NoPublication: there is none yet.
        UserError: the pointer or the file cannot be read.
    """
    publication = current_publication(settings)
    if publication is None:
        raise NoPublication(settings)
    return PublishedCopy(publication.path, seconds)


class PublishedCopy:
    """One publication, open for reading within the installation's memory limit and threads. Close it after use.

    Args:
        path: the publication's file.
        seconds: how long one question may take; None: as long as it takes.

    Raises:
        PublicationDamaged: the file cannot be opened.
    """

    def __init__(self, path: Path, seconds: float | None = None) -> None:
        self.path = path
        self._seconds = seconds
        with self._explained():
            # Every reader in a process must open a file the same way, so all of them come through here.
            self._connection = open_duckdb(load_settings(), path, read_only=True)
            follow(self._connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def beside(self) -> PublishedCopy:
        """The same publication for another thread, without opening the file again."""
        other = object.__new__(PublishedCopy)
        other.path, other._seconds = self.path, self._seconds
        with self._explained():
            other._connection = self._connection.cursor()
        return other

    def frame(self, sql: str, parameters: Iterable[Any] = ()) -> pd.DataFrame:
        """The rows of a query as a data frame.

        Args:
            sql: one select; values only as `?`.
            parameters: the values.

        Raises:
            TableMissing, PublicationDamaged, QuestionTooLong: as named.
        """
        return self._answer(lambda: self._connection.execute(sql, list(parameters)).df())

    def record(self, sql: str, parameters: Iterable[Any] = ()) -> Row:
        """The only row of a query, with the values that a data frame has; empty when there is none. See `frame`."""
        found = self.frame(sql, parameters)
        return {} if found.empty else {str(key): value for key, value in found.iloc[0].to_dict().items()}

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[Row]:
        """The rows of a query, each by column name, with Python's own values. See `frame`."""

        def ask() -> list[Row]:
            cursor = self._connection.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        return self._answer(ask)

    def first(self, sql: str, parameters: Iterable[Any] = ()) -> Row:
        """The first row of a query, empty when there is none. See `rows`."""
        found = self.rows(sql, parameters)
        return found[0] if found else {}

    def values(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query without names. See `rows`."""
        return self._answer(lambda: self._connection.execute(sql, list(parameters)).fetchall())

    def batches(self, sql: str, size: int) -> Iterator[list[Row]]:
        """The rows of a query in lists of up to `size`, so that no more than one list is in memory."""
        with self._explained():
            for batch in self._connection.sql(sql).to_arrow_reader(size):
                yield batch.to_pylist()

    def arrow(self, sql: str, parameters: Iterable[Any] = ()) -> pa.Table:
        """The rows of a query as an Arrow table, which another publication can be asked with (`bring`). See `frame`."""
        return self._answer(lambda: self._connection.execute(sql, list(parameters)).to_arrow_table())

    def has(self, table: str) -> bool:
        """Whether the publication has a table.

        Args:
            table: as `schema.table`.
        """
        return table in self.tables()

    def tables(self) -> list[str]:
        """Every published table as `schema.table`."""
        found = self.values("select table_schema || '.' || table_name from information_schema.tables order by all")
        return [name for (name,) in found]

    def bring(self, name: str, rows: pa.Table) -> None:
        """Let queries read rows that the asker brings, under `name`; nothing is written to the publication."""
        self._connection.register(name, rows)

    def _answer(self, ask: Callable[[], T]) -> T:
        with self._explained():
            if self._seconds is None:
                return ask()
            watch = threading.Timer(self._seconds, self._connection.interrupt)
            watch.start()
            try:
                return ask()
            finally:
                watch.cancel()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.CatalogException, duckdb.BinderException) as missing:
            what = str(missing).split("\n", 1)[0].rstrip(".!")
            log.warning("The publication %s lacks something that a reader needs: %s", self.path, what)
            raise TableMissing(self.path, what) from missing
        except duckdb.InterruptException as interrupted:
            if self._seconds is None:
                raise
            raise QuestionTooLong(self._seconds) from interrupted
        except _DAMAGE as bad:
            log.warning("The publication %s cannot be read: %s", self.path, bad)
            raise PublicationDamaged(self.path) from bad
