"""Rows on their way to the lake, personal values replaced already: kept or dropped together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stores.duckdb_connection import literal

LakePart = tuple[Path, int]  # a Parquet file and its number of rows
LOAD_ID = "_dlt_load_id"
_BYTES_IN_MEMORY = 24 << 20
_ARROW_TYPES = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


class Gathering:
    """What one file, pull or run brought, by lake table: small results in memory, big ones as Parquet files.

    Args:
        folder: where files go.
        columns: lake table to its columns with their DuckDB types, without `_dlt_load_id`.
        load_id: says dlt's id of the load package.
        numbers: makes file names differ.
    """

    def __init__(
        self,
        folder: Path,
        columns: Mapping[str, Mapping[str, str]],
        load_id: Callable[[], str],
        numbers: Iterator[int] | None = None,
    ) -> None:
        self._folder, self._columns, self._load_id = folder, columns, load_id
        self._numbers = numbers or itertools.count(1)
        self._memory: dict[str, list[pa.Table]] = {name: [] for name in columns}
        self._files: dict[str, list[LakePart]] = {name: [] for name in columns}
        self._writers: dict[str, tuple[pq.ParquetWriter, Path, int]] = {}

    def beside(self) -> Gathering:
        """An empty one for a part of the work, to be taken over or dropped."""
        return Gathering(self._folder, self._columns, self._load_id, self._numbers)

    def add(self, table: str, rows: pa.Table) -> None:
        """Add rows with the table's own columns, in order."""
        if not rows.num_rows:
            return
        self._memory[table].append(rows.rename_columns(list(self._columns[table])).cast(self.schema(table)))
        if sum(kept.nbytes for kept in self._memory[table]) > _BYTES_IN_MEMORY:
            self._write(table)

    def add_values(self, table: str, *values: object) -> None:
        """Add one row."""
        schema = self.schema(table)
        columns = [pa.array([value], field.type) for value, field in zip(values, schema, strict=True)]
        self.add(table, pa.Table.from_arrays(columns, schema=schema))

    def new_place(self, table: str) -> Path:
        """Where a file that somebody else writes may go; `add_file` then counts it in."""
        return self._folder / f"{table}.{next(self._numbers)}.parquet"

    def add_file(self, table: str, part: LakePart) -> None:
        """Count in a Parquet file with the table's columns and `_dlt_load_id`; one without rows is deleted."""
        if part[1]:
            self._files[table].append(part)
        else:
            part[0].unlink(missing_ok=True)

    def rows(self, table: str) -> int:
        """Rows that are really there: those in memory and those that the files say they hold."""
        self._close(table)
        files = sum(int(pq.read_metadata(place).num_rows) for place, _ in self._files[table])
        return files + sum(rows.num_rows for rows in self._memory[table])

    def batches(self, table: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """The rows again, in batches; all columns without `_dlt_load_id` unless some are named."""
        self._close(table)
        names = columns or list(self._columns[table])
        for place, _ in self._files[table]:
            with pq.ParquetFile(place) as file:
                for batch in file.iter_batches(columns=names):
                    yield pa.Table.from_batches([batch])
        yield from (rows.select(names) for rows in self._memory[table])

    def take(self, other: Gathering) -> None:
        """Take over everything that another one has."""
        for table in self._columns:
            other._close(table)
            self._files[table] += other._files[table]
            for rows in other._memory[table]:
                self.add(table, rows)
            other._files[table], other._memory[table] = [], []

    def drop(self, *tables: str) -> None:
        """Forget what was gathered, of some tables or of all."""
        for table in tables or tuple(self._columns):
            self._close(table)
            for place, _ in self._files[table]:
                place.unlink(missing_ok=True)
            self._files[table], self._memory[table] = [], []

    def parts(self, table: str) -> list[LakePart]:
        """Everything of a table as Parquet files with their numbers of rows."""
        if self._memory[table]:
            self._write(table)
        self._close(table)
        return self._files[table]

    def relation(self, table: str) -> str:
        """SQL that reads the rows of a table, which must be there; they are in files from now on."""
        places = ", ".join(literal(str(place)) for place, _ in self.parts(table))
        return f"read_parquet([{places}], hive_partitioning = false)"

    def schema(self, table: str) -> pa.Schema:
        """The table's columns as Arrow has them."""
        return pa.schema([(name, _arrow_type(kind)) for name, kind in self._columns[table].items()])

    def _write(self, table: str) -> None:
        """Write what is in memory to the table's open file, one row group at a time."""
        schema = self.schema(table).append(pa.field(LOAD_ID, pa.string()))
        if table not in self._writers:
            place = self.new_place(table)
            self._writers[table] = (pq.ParquetWriter(place, schema, store_decimal_as_integer=True), place, 0)
        writer, place, written = self._writers[table]
        rows = pa.concat_tables(self._memory[table])
        load_ids = pa.repeat(pa.scalar(self._load_id(), pa.string()), rows.num_rows)
        writer.write_table(rows.append_column(schema.field(LOAD_ID), load_ids))
        self._writers[table] = (writer, place, written + rows.num_rows)
        self._memory[table] = []

    def _close(self, table: str) -> None:
        opened = self._writers.pop(table, None)
        if opened is not None:
            writer, place, rows = opened
            writer.close()
            self._files[table].append((place, rows))


def _arrow_type(kind: str) -> pa.DataType:
    if kind.startswith("decimal"):
        precision, scale = kind.removeprefix("decimal(").removesuffix(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return _ARROW_TYPES[kind]
