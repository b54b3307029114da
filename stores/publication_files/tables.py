"""The tables of a publication: a Parquet file each, named by what is in it, and used again while that stays the same.

What a table holds is told by a digest over all its rows, never by who built it when: a file is used again only where
the digest of the table as it is now is the one that the file was written with. A file that was written is read back
before it counts.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from stores.atomic_files import sync
from stores.duckdb_connection import identifier, literal, open_duckdb
from stores.errors import UserError
from stores.settings import Settings

log = logging.getLogger(__name__)

FOLDER = "tables"
# Another way of writing files gets another number, and nothing is used again across it.
_FORMAT = 1
# Rows that are read together. Fewer would be compressed worse, more would not fit into memory beside a sort.
_ROW_GROUP = 30_720
# Types that Parquet would round.
_AS_TEXT = {"HUGEINT", "UHUGEINT"}


@dataclass(frozen=True)
class TableFile:
    """A published table.

    Attributes:
        schema: as readers name it.
        name: as readers name it.
        file: name of its file below the folder of publications.
        rows: how many.
        bytes: the size of the file.
        digest: says what is in it; equal for equal rows in any order, columns and types.
    """

    schema: str
    name: str
    file: str
    rows: int
    bytes: int
    digest: str


def follow(connection: duckdb.DuckDBPyConnection, publication: Path) -> None:
    """Let a connection find the files of a publication, wherever the data folder lies today.

    Args:
        connection: one that opens the publication.
        publication: its file; the tables lie in a folder beside it.

    Raises:
        UserError: that folder has a comma in its name, which DuckDB reads as two folders.
    """
    connection.execute(_following(publication))


def attaching(publication: Path, name: str) -> list[str]:
    """The statements that let a connection compare its own tables with those of a publication.

    Args:
        publication: its file.
        name: of the database that its schemas are found in.

    Raises:
        UserError: see `follow`.
    """
    return [_following(publication), f"attach {literal(publication)} as {identifier(name)} (read_only)"]


def _following(publication: Path) -> str:
    folder = str(publication.parent.resolve())
    if "," in folder:
        raise UserError(f"The data folder {folder} has a comma in its name, with which DuckDB cannot work. Rename it.")
    return f"set global file_search_path = {literal(folder)}"


def tables_of(settings: Settings, publication: Path) -> list[TableFile]:
    """The tables of a publication; none of one that is a single file with everything in it.

    Args:
        settings: the installation.
        publication: the publication's file.

    Raises:
        duckdb.Error: the file cannot be read.
    """
    with open_duckdb(settings, publication, read_only=True) as connection:
        known = connection.execute(
            "select 1 from information_schema.tables where table_schema = 'publication' and table_name = 'tables'"
        ).fetchone()
        if not known:
            return []
        rows = connection.execute(
            "select schema_name, table_name, file, row_count, byte_count, digest from publication.tables"
        ).fetchall()
    return [TableFile(*row) for row in rows]


class TableWriter:
    """Writes tables of a warehouse into the folder of publications.

    Args:
        connection: has the warehouse attached, and follows the folder (`follow`).
        folder: of the publications.
        known: tables of publications that are there, whose files may be used again.
        recheck: read a file before it is used again, for when files may have been damaged.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, known: Iterable[TableFile], recheck: bool = False
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._known = {(one.schema, one.name, one.digest): one for one in known}
        self._recheck = recheck
        self.written = 0

    def write(self, source: str, is_view: bool, schema: str, name: str) -> TableFile:
        """Find or make the file of a table.

        Args:
            source: the table or view in the warehouse, quoted.
            is_view: it is computed by reading, so it is read once and compared afterwards.
            schema: as readers name it.
            name: as readers name it.

        Raises:
            UserError: what was written does not read back as what it was written from.
        """
        columns = self._columns(source)
        rows, digest = (0, "") if is_view else self._digest(source, columns)
        if known := self._usable(schema, name, digest, columns):
            return known
        part = self._folder / FOLDER / f"{schema}.{name}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._copy(source, columns, part, is_view or rows > _ROW_GROUP)
            read_back = self._digest(reading(self._below(part), columns), columns)
            if not is_view and read_back != (rows, digest):
                raise UserError(
                    f"{schema}.{name} was written to {part.parent} and reads back as something else; nothing was "
                    "published, the last publication stays. Check the disk and run again."
                )
            rows, digest = read_back
            if known := self._usable(schema, name, digest, columns):
                return known
            sync(part)
            path = part.with_name(f"{schema}.{name}.{digest}.parquet")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self.written += 1
        return TableFile(schema, name, self._below(path), rows, path.stat().st_size, digest)

    def select(self, table: TableFile, source: str) -> str:
        """A select of a table's file with the columns and types of its source."""
        return f"from {reading(table.file, self._columns(source))}"

    def _below(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def _columns(self, source: str) -> dict[str, str]:
        described = self._connection.execute(f"describe from {source}").fetchall()
        return {str(row[0]): str(row[1]) for row in described}

    def _digest(self, source: str, columns: Mapping[str, str]) -> tuple[int, str]:
        """How many rows there are, and what they and the columns are."""
        counted = self._connection.execute(
            "select count(*), sum(hash(published_row)), bit_xor(hash(published_row))"
            f" from (select {', '.join(map(identifier, columns))} from {source}) as published_row"
        ).fetchone()
        rows, total, parity = counted or (0, None, None)
        said = json.dumps([_FORMAT, duckdb.__version__, list(columns.items()), rows, str(total), str(parity)])
        return int(rows), hashlib.sha256(said.encode()).hexdigest()[:24]

    def _usable(self, schema: str, name: str, digest: str, columns: Mapping[str, str]) -> TableFile | None:
        """The file with just this content, if it is there and whole."""
        known = self._known.get((schema, name, digest))
        if known is None:
            return None
        path = self._folder / known.file
        if not path.is_file() or path.stat().st_size != known.bytes:
            log.warning("%s is missing or has another size than it had; it is written again", path)
            return None
        if self._recheck and not self._holds(known, columns):
            log.warning("%s is damaged; it is written again", path)
            return None
        return known

    def _holds(self, known: TableFile, columns: Mapping[str, str]) -> bool:
        try:
            return self._digest(reading(known.file, columns), columns) == (known.rows, known.digest)
        except duckdb.Error:
            return False

    def _copy(self, source: str, columns: Mapping[str, str], part: Path, is_large: bool) -> None:
        written = ", ".join(
            f"cast({identifier(name)} as varchar) as {identifier(name)}" if kind in _AS_TEXT else identifier(name)
            for name, kind in columns.items()
        )
        # Readers look customers up by their id, and count what was done on some days: sorted by it, a large file is
        # read in one place.
        key = next((name for name in ("activity_day", "customer_id") if name in columns), None)
        sort = f" order by {key}" if is_large and key else ""
        self._connection.execute(
            f"copy (select {written} from {source}{sort}) to {literal(part)}"
            f" (format parquet, compression zstd, compression_level 1, row_group_size {_ROW_GROUP})"
        )


def reading(file: str, columns: Mapping[str, str]) -> str:
    """A select of a table's file in brackets, its columns in their own types."""
    typed = ", ".join(f"cast({identifier(name)} as {kind}) as {identifier(name)}" for name, kind in columns.items())
    return f"(select {typed} from read_parquet({literal(file)}, hive_partitioning = false))"
