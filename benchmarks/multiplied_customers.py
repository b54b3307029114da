"""A large publication out of a small built retailer: every customer stands in it many times under other ids.

What a page reads has the shape of real marts, and no hours of building are needed. Figures that were added up before,
such as those of a day, stay those of the small retailer.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.measure import Stopwatch
from benchmarks.shared_retailer import AS_OF, settings_of
from orchestration.dbt.dbt_project import build_dir
from stores.warehouse import publish

SCHEMAS = ("marts", "segments", "campaigns")
# A column is an id of rows, and renewed, when it has at least this share of different values.
SHARE_OF_IDS = 0.2


def multiply(stopwatch: Stopwatch, home: Path, customers: int) -> int:
    """Multiply the customers of the warehouse and publish them.

    Args:
        stopwatch: takes the time of both parts.
        home: the installation, built.
        customers: at least so many customers, as copies of those that are there.

    Returns:
        The number of customers.
    """
    settings = settings_of(home)
    with stopwatch.phase("multiply"), duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        warehouse.execute(f"set memory_limit = '{settings.memory_limit}'; set threads = {settings.threads}")
        (there,) = warehouse.execute("select count(*) from marts.customers").fetchone() or (0,)
        copies = -(-customers // there)
        for schema, table in warehouse.execute(
            "select table_schema, table_name from information_schema.columns join information_schema.tables"
            " using (table_schema, table_name) where column_name = 'customer_id' and table_type = 'BASE TABLE'"
            f" and table_schema in {SCHEMAS}"
        ).fetchall():
            _multiply(warehouse, f"{schema}.{table}", copies)
    with stopwatch.phase("publish"):
        publish(settings, "benchmark", AS_OF, build_dir(settings) / "manifest.json")
    return there * copies


def _multiply(warehouse: duckdb.DuckDBPyConnection, table: str, copies: int) -> None:
    """Every row of a table once a copy; the first copy keeps its ids."""
    (rows,) = warehouse.execute(f"select count(*) from {table}").fetchone() or (0,)
    renewed = ["case when copy = 0 then customer_id else 'c_' || md5(customer_id || copy)[:16] end as customer_id"]
    for name, kind, *_ in warehouse.execute(f"describe {table}").fetchall():
        if kind != "VARCHAR" or name == "customer_id" or not name.endswith(("_id", "_value", "_token")):
            continue
        (different,) = warehouse.execute(f"select approx_count_distinct({name}) from {table}").fetchone() or (0,)
        if different >= SHARE_OF_IDS * rows:
            renewed.append(f"case when copy = 0 then {name} else {name} || '.' || copy end as {name}")
    warehouse.execute(
        f"create or replace table {table} as select rows.* replace ({', '.join(renewed)})"
        f" from {table} as rows cross join range({copies}) as copies (copy)"
    )
