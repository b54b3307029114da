"""Where in the files a value stands that a model came upon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from stores.duckdb_connection import identifier
from stores.lake.reader import all_rows, tables

_LONGEST = 200


@dataclass(frozen=True)
class Place:
    """A cell of a file.

    Attributes:
        file: name of the file or source.
        line: its line, or row.
        field: column of the contract.
    """

    file: str
    line: int
    field: str


def place_of(connection: duckdb.DuckDBPyConnection, dataset: str, value: str) -> Place | None:
    """The first cell of a sample that holds a value, whatever its blanks and letter case; None where none does.

    Args:
        connection: any DuckDB connection.
        dataset: the channel's folder in the sampled lake.
        value: as a model shows it; one that it made itself stands in no file.
    """
    wanted = value.strip().lower()
    if not wanted or len(wanted) > _LONGEST:
        return None
    folder = Path(dataset)
    for table in tables(folder):
        rows = connection.sql(f"from {all_rows(folder, table)}")
        if "_line" not in rows.columns:
            continue
        for column in rows.columns:
            if column.startswith("_") or column.endswith(("_token", "_cipher", "_mask", "_ref", "_features")):
                continue
            found = connection.execute(
                f"select _source_file, _line from {all_rows(folder, table)} "
                f"where lower(trim(cast({identifier(column)} as varchar))) = ? order by all limit 1",
                [wanted],
            ).fetchone()
            if found:
                return Place(str(found[0]), int(found[1]), column)
    return None
