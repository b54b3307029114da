"""The seeds of the project as tables, for warehouses and publications that dbt did not build."""

import csv
from pathlib import Path

import duckdb

from serving.rules import Rules
from stores.settings import PROJECT_ROOT


def load_seeds(connection: duckdb.DuckDBPyConnection, schema: str, project_root: Path = PROJECT_ROOT) -> None:
    """Make a table of every seed of a project in a schema."""
    connection.execute(f"create schema if not exists {schema}")
    for path in sorted((project_root / "dbt_project" / "seeds").rglob("*.csv")):
        connection.execute(
            f"create table if not exists {schema}.{path.stem} as from read_csv(?, all_varchar = true)", [str(path)]
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
