"""Steps between stages, stays and cohorts of a million customers, by the SQL of the models and by hand."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from benchmarks.benchmark_dbt import compile_models
from benchmarks.claim import Bench, Line
from benchmarks.full_refresh import SCRIPT
from benchmarks.measure import Stopwatch, best_of_each, measured

ORDER = 11
LIMIT = 2.0
AS_OF = date(2026, 6, 30)
MARTS = ("stage_transitions", "stage_dwell_times", "cohort_retention")
_STAGES = "['prospect', 'new', 'active', 'regular', 'dormant', 'churned']"
_PERIODS = 4


def run(bench: Bench) -> list[Line]:
    """Make stage periods and purchase days, build the marts both ways, and compare them row by row."""
    folder, customers = bench.folder / "histories", bench.sizes.published_customers
    folder.mkdir(parents=True, exist_ok=True)
    days = make_histories(folder, customers)
    sql = compile_models(folder, MARTS, AS_OF)
    limits = {"folder": folder, "threads": bench.threads, "memory_limit": bench.memory_limit}
    by_hand, ours = best_of_each(
        partial(measured, made_by_hand, **limits), partial(measured, made_by_models, **limits, sql=sql)
    )
    if ours.found != by_hand.found:
        raise RuntimeError("the models and the hand-written script disagree")
    return [
        Line(
            claim=f"histories of {customers:,} customers, {_PERIODS} stages each, {days:,} purchase days",
            ours=ours,
            against="hand-written SQL",
            peer=by_hand,
            limit=LIMIT,
            note="the same rows",
        )
    ]


def make_histories(folder: Path, customers: int) -> int:
    """Write stages of every customer, one after the other, and days on which they bought; how many days."""
    customer = "'c_' || substr(md5(cast(i as text)), 1, 16) as customer_id"
    stage = f"{_STAGES}[1 + cast((hash(i, 1) + n * (1 + hash(i, 2) % 5)) % 6 as int)]"
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"""
            copy (
                select
                    customer_id, lag(stage) over customers as previous_stage, stage, n = {_PERIODS - 1} as is_current,
                    valid_from, lead(valid_from) over customers as valid_to
                from (
                    select
                        i, n, {customer}, {stage} as stage,
                        date '{AS_OF}' - cast(900 - 220 * n + hash(i, n) % 200 as int) as valid_from
                    from range({customers}) as r (i) cross join range({_PERIODS}) as s (n)
                )
                window customers as (partition by i order by n)
            ) to '{folder}/stages.parquet'
            """
        )
        connection.execute(
            f"""
            copy (
                select
                    {customer}, date '{AS_OF}' - cast(hash(i, n) % 720 as int) as purchase_day,
                    cast((hash(n, i) % 100000) / 100.0 as decimal(18, 2)) as net_amount
                from range({customers}) as r (i) cross join range(10) as s (n)
                where n <= hash(i, 3) % 10
            ) to '{folder}/days.parquet'
            """
        )
        return int(connection.execute(f"select count(*) from '{folder}/days.parquet'").fetchall()[0][0])


def made_by_models(
    stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, sql: dict[str, str]
) -> list[tuple[object, ...]]:
    """The SQL of the models; all rows of the marts."""
    path = folder / "warehouse.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path), config={"threads": threads, "memory_limit": memory_limit}) as connection:
        connection.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        connection.execute("create schema marts; create schema intermediate")
        connection.execute(f"create table marts.customer_lifecycle_history as from '{folder}/stages.parquet'")
        connection.execute(f"create table intermediate.int_customer_purchase_days as from '{folder}/days.parquet'")
        with stopwatch.phase("models"):
            for name in MARTS:
                connection.execute(f"create table marts.{name} as {sql[name]}")
        return _rows(connection, "marts.")


def made_by_hand(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str) -> list[tuple[object, ...]]:
    """The statements of the hand-written script; all rows of its tables."""
    script = (SCRIPT / "histories.sql").read_text(encoding="utf-8")
    cohorts = script.index("create table cohort_retention")
    months, end = script.index("months as (", cohorts), script.index("-- of a first run", cohorts)
    purchases = "with placed as (select customer_id, purchase_day as day, net_amount as net from purchase_days), "
    path = folder / "by_hand.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path), config={"threads": threads, "memory_limit": memory_limit}) as connection:
        connection.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        connection.execute(f"set variable as_of = date '{AS_OF}'")
        connection.execute(
            "create macro in_last(day, days) as day > getvariable('as_of') - days and day <= getvariable('as_of')"
        )
        connection.execute(f"create table customer_lifecycle_history as from '{folder}/stages.parquet'")
        connection.execute(f"create table purchase_days as from '{folder}/days.parquet'")
        with stopwatch.phase("by hand"):
            connection.execute(script[script.index("create table stage_transitions") : cohorts])
            connection.execute(f"create table cohort_retention as {purchases}{script[months:end]}")
        return _rows(connection, "")


def _rows(connection: duckdb.DuckDBPyConnection, schema: str) -> list[tuple[object, ...]]:
    found = []
    for name in MARTS:
        found += connection.execute(f"from {schema}{name} order by all").fetchall()
    return [tuple(round(cell, 9) if isinstance(cell, float) else cell for cell in row) for row in found]
