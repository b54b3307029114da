"""The seeds of the project as tables, for warehouses and publications that dbt did not build."""

import csv
from collections.abc import Collection
from pathlib import Path

import duckdb

from serving.rules import Rules
from stores.settings import PROJECT_ROOT


def load_seeds(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    project_root: Path = PROJECT_ROOT,
    only: Collection[str] | None = None,
) -> None:
    """Make a table of every seed of a project, or of some, in a schema; what is there stays."""
    connection.execute(f"create schema if not exists {schema}")
    there = {
        name
        for (name,) in connection.execute(
            f"select table_name from duckdb_tables() where schema_name = '{schema}'"
        ).fetchall()
    }
    for path in sorted((project_root / "dbt_project" / "seeds").rglob("*.csv")):
        if path.stem in there or (only is not None and path.stem not in only):
            continue
        with path.open(encoding="utf-8", newline="") as file:
            columns = dict.fromkeys(next(csv.reader(file)), "varchar")
        # Said in full, since to find it out takes DuckDB longer than to read the file.
        connection.execute(
            f"create table {schema}.{path.stem} as from read_csv(?, columns = {columns}, header = true,"
            " auto_detect = false, delim = ',', quote = '\"', escape = '\"')",
            [str(path)],
        )


def rules_of_project(*seeds: str) -> Rules:
    """The rows of seeds as the project's files have them."""
    folder = PROJECT_ROOT / "dbt_project" / "seeds"
    rows = {}
    for seed in seeds:
        (path,) = folder.rglob(f"{seed}.csv")
        with path.open(encoding="utf-8", newline="") as file:
            rows[seed] = list(csv.DictReader(file))
    return Rules(rows, "{seed}.csv")
