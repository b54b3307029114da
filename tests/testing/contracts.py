"""What dbt's yml files promise of a published table, for stand-ins that tests make of it."""

from __future__ import annotations

from functools import cache

import duckdb
import yaml
from jinja2 import Template

from stores.settings import PROJECT_ROOT


@cache
def contracts() -> dict[str, dict[str, str]]:
    """Columns and their types, in order, of every model all of whose columns have a type."""
    found = {}
    for path in sorted((PROJECT_ROOT / "dbt_project" / "models").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            types = {
                column["name"]: Template(column.get("data_type") or "").render(target={"type": "duckdb"})
                for column in model.get("columns", [])
            }
            if types and all(types.values()):
                found[model["name"]] = types
    return found


def keep_contracts(connection: duckdb.DuckDBPyConnection) -> None:
    """Give every table the types and the order of its contract.

    Raises:
        AssertionError: a table lacks a promised column or has one more.
    """
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where schema_name in ('marts', 'campaigns')"
    ).fetchall()
    for schema, table in tables:
        promised = contracts()[table]
        described = connection.execute(f"describe {schema}.{table}").fetchall()
        columns = {name for name, *_ in described}
        assert columns == set(promised), f"{schema}.{table} and its yml differ in {columns ^ set(promised)}"
        typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in promised.items())
        connection.execute(f"create or replace table {schema}.{table} as select {typed} from {schema}.{table}")
