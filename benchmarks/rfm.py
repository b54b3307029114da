"""RFM of a million customers from their orders, against hand-written SQL and the usual pandas script."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from benchmarks.benchmark_dbt import compile_models
from benchmarks.claim import Bench, Line
from benchmarks.full_refresh import SCRIPT
from benchmarks.measure import Stopwatch, best_of_each, measured
from stores.settings import PROJECT_ROOT

ORDER = 11
SQL_LIMIT = 1.3
PANDAS_LIMIT = 0.4  # 2.5 times faster
AS_OF = date(2026, 6, 30)
_PROJECT = PROJECT_ROOT / "dbt_project"
_SEEDS = ("rfm_segments_8", "rfm_segments_11", "rule_thresholds")
_IN_WINDOW = f"ordered_at >= timestamp '{AS_OF}' - interval 364 days"


def run(bench: Bench) -> list[Line]:
    """Make orders, score their customers three ways, and compare the first two row by row."""
    folder, customers = bench.folder / "rfm", bench.sizes.published_customers
    folder.mkdir(parents=True, exist_ok=True)
    orders = make_orders(folder, customers, bench.sizes.orders_per_customer)
    limits = {"folder": folder, "threads": bench.threads, "memory_limit": bench.memory_limit}
    compile_models(folder, ["customer_rfm"], AS_OF)
    by_sql, ours = best_of_each(partial(measured, by_hand, **limits), partial(measured, by_model, **limits))
    if ours.found != by_sql.found:
        raise RuntimeError(f"the model and the hand-written script disagree: {ours.found} and {by_sql.found}")
    by_pandas = measured(by_script, folder=folder)
    claim = f"RFM of {customers:,} customers, {orders:,} orders"
    return [
        Line(claim=claim, ours=ours, against="hand-written SQL", peer=by_sql, limit=SQL_LIMIT, note="the same rows"),
        Line(claim=claim, ours=ours, against="the pandas script with qcut", peer=by_pandas, limit=PANDAS_LIMIT),
    ]


def make_orders(folder: Path, customers: int, each: int) -> int:
    """Write orders of two years, some customers with many more than others; how many there are."""
    customer = f"(hash(i, 1) % {customers}) * (hash(i, 2) % {customers}) // {customers}"
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"""
            copy (
                select
                    'c_' || substr(md5(cast({customer} as text)), 1, 16) as customer_id,
                    i as order_id,
                    timestamp '{AS_OF}' - to_seconds(cast(hash(i, 3) % 63072000 as bigint)) as ordered_at,
                    (hash(i, 4) % 100000) / 100.0 as amount
                from range({customers * each}) as orders (i)
            ) to '{folder}/orders.parquet'
            """
        )
    return customers * each


def by_model(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str) -> list[tuple[object, ...]]:
    """The SQL of the model over totals of the orders; customers by segment and scores."""
    (compiled,) = (folder / "target" / "compiled").rglob("customer_rfm.sql")
    path = folder / "warehouse.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path), config={"threads": threads, "memory_limit": memory_limit}) as connection:
        connection.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        for schema in ("intermediate", "seeds", "marts"):
            connection.execute(f"create schema {schema}")
        for seed in _SEEDS:
            connection.execute(f"create table seeds.{seed} as from read_csv('{_PROJECT}/seeds/{seed}.csv')")
        with stopwatch.phase("model"):
            connection.execute(
                f"""
                create table intermediate.int_customer_totals as
                select
                    customer_id, count(*) as orders_count, count_if({_IN_WINDOW}) as window_orders,
                    coalesce(sum(cast(amount as decimal(18, 2))) filter ({_IN_WINDOW}), 0) as window_revenue,
                    cast(max(ordered_at) filter ({_IN_WINDOW}) as date) as window_last_day
                from '{folder}/orders.parquet'
                group by customer_id
                """
            )
            connection.execute(f"create table marts.customer_rfm as {compiled.read_text(encoding='utf-8')}")
            connection.execute("checkpoint")
        return connection.execute(_COUNTED.format(table="marts.customer_rfm")).fetchall()


def by_hand(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str) -> list[tuple[object, ...]]:
    """The hand-written script's statements over totals of the orders; customers by segment and scores."""
    script = (SCRIPT / "marts.sql").read_text(encoding="utf-8")
    end = "inner join named as s11 using (recency_days, frequency, orders);"
    statements = script[script.index("create macro bucket") : script.index(end) + len(end)]
    path = folder / "by_hand.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path), config={"threads": threads, "memory_limit": memory_limit}) as connection:
        connection.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        connection.execute(f"set variable seeds = '{_PROJECT}/seeds'; set variable as_of = date '{AS_OF}'")
        with stopwatch.phase("by hand"):
            connection.execute(
                f"""
                create table totals as
                select
                    customer_id, count(*) as orders, count_if({_IN_WINDOW}) as orders_365,
                    coalesce(sum(cast(amount as decimal(18, 2))) filter ({_IN_WINDOW}), 0) as net_365,
                    max(ordered_at) as last_purchase_at
                from '{folder}/orders.parquet'
                group by customer_id
                """
            )
            connection.execute(statements)
            connection.execute("checkpoint")
        return connection.execute(_COUNTED.format(table="customer_rfm")).fetchall()


_COUNTED = "select segment_8, segment_11, rfm_score, count(*), sum(monetary) from {table} group by all order by all"


def by_script(stopwatch: Stopwatch, folder: Path) -> int:
    """The script that most guides print: group, rank, `qcut`, a name for each pair of scores; customers scored."""
    import pandas as pd

    names = {
        r"[1-2][1-2]": "hibernating", r"[1-2][3-4]": "at_risk", r"[1-2]5": "cannot_lose", r"3[1-2]": "about_to_sleep",
        r"33": "need_attention", r"[3-4][4-5]": "loyal", r"41": "promising", r"51": "new", r"[4-5][2-3]": "potential",
        r"5[4-5]": "champions",
    }  # fmt: skip
    with stopwatch.phase("pandas"):
        orders = pd.read_parquet(folder / "orders.parquet")
        recent = orders[orders.ordered_at >= pd.Timestamp(AS_OF) - pd.Timedelta(days=364)]
        totals = recent.groupby("customer_id").agg(
            last_day=("ordered_at", "max"), frequency=("order_id", "nunique"), monetary=("amount", "sum")
        )
        totals["recency"] = (pd.Timestamp(AS_OF) - totals.last_day.dt.normalize()).dt.days

        def scores(values: pd.Series) -> pd.Series:
            return pd.qcut(values.rank(method="first"), 5, labels=[1, 2, 3, 4, 5]).astype(int)

        totals["r"], totals["f"] = scores(-totals.recency), scores(totals.frequency)
        totals["m"] = scores(totals.monetary)
        totals["segment"] = (totals.r.astype(str) + totals.f.astype(str)).replace(names, regex=True)
        return len(totals)
