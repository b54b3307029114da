"""One customer with half of all orders: tried as a list, run as a channel, a day after it; every mart stays whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line, Score
from benchmarks.measure import Measurement, Stopwatch, measured
from serving.published_copy import current_copy
from stores.settings import PROJECT_ROOT, load_settings

ORDER = 15
GIGABYTES = 8
AS_OF = date(2026, 6, 29)
LARGE = "till"
_TRIALS = {"rfm": [], "tags": [], "clv": ["--horizon-days", "90"]}
# Marts that have a row for each customer; RFM has those who bought in a year.
_MARTS = ("customer_lifecycle", "customer_value", "customer_lifetime", "customer_tag_counts")


def run(bench: Bench) -> list[Line | Score]:
    """Try the list in three ways, then run it as a channel, with a day after it."""
    folder, orders = bench.folder / "large_customer", bench.sizes.published_customers
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    customers = make_orders(folder / "orders.csv", orders)
    size = f"one customer with {orders:,} orders, {customers - 1:,} others with as many together"
    lines = [
        Line(
            f"guanxi try {kind}: {size}", measured(tried, folder=folder, kind=kind, customers=customers, orders=orders)
        )
        for kind in _TRIALS
    ]
    built = measured(refreshed, folder=folder, day=AS_OF, customers=customers, orders=orders)
    day = AS_OF + timedelta(days=1)
    make_orders(folder / "next_day.csv", orders // 1000, day)
    lived = measured(refreshed, folder=folder, day=day, customers=customers, orders=orders + orders // 1000)
    lines += [Line("guanxi run: the same as a channel, everything", built), Line("a day after it", lived)]
    return [*(_with_processor(line) for line in lines), _peak([line.ours for line in lines])]


def make_orders(path: Path, orders: int, day: date | None = None) -> int:
    """Write a list of two years, or of a day; one customer has half of its orders, how many have any is returned."""
    first, days = (day, 1) if day else (AS_OF - timedelta(days=728), 728)
    others = max(orders // 10, 10)
    named = "" if day is None else f"{day:%Y%m%d}-"
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"""
            create table orders as
            select
                case when i < {orders} then '{LARGE}' else 'c' || hash(i, 1) % {others} end as customer_id,
                'o{named}' || i as order_id,
                timestamp '{first}' + to_seconds(cast(hash(i, 2) % {days * 86400} as bigint)) as ordered_at,
                5 + (hash(i, 3) % 20000) / 100.0 as amount, 'p' || hash(i, 4) % 500 as item_id
            from range({2 * orders}) as r (i)
            """
        )
        connection.execute(f"copy orders to '{path}' (header)")
        return int(connection.execute("select count(distinct customer_id) from orders").fetchall()[0][0])


def tried(stopwatch: Stopwatch, folder: Path, kind: str, customers: int, orders: int) -> None:
    """One trial; every customer has a row, of the large one every order counts."""
    out = folder / f"{kind}.csv"
    arguments = ["try", kind, str(folder / "orders.csv"), "--as-of", str(AS_OF), "--out", str(out), *_TRIALS[kind]]
    with stopwatch.phase("command"):
        _guanxi(arguments)
    with duckdb.connect() as connection:
        found = connection.execute(f"select count(distinct customer_id), count(*) from '{out}'").fetchall()[0]
        counted = None
        if kind == "rfm":
            counted = connection.execute(f"select frequency from '{out}' where customer_id = '{LARGE}'").fetchall()
    if found[0] != customers or (kind != "tags" and found[1] != customers) or counted not in (None, [(orders,)]):
        raise RuntimeError(f"guanxi try {kind}: {found} of {customers} customers, {counted} of {orders} orders")


def refreshed(stopwatch: Stopwatch, folder: Path, day: date, customers: int, orders: int) -> None:
    """A run of a data folder with the list in it; every mart of customers has a row for each."""
    home = folder / "home"
    landing = home / "landing" / "transactions"
    landing.mkdir(parents=True, exist_ok=True)
    name = "orders.csv" if day == AS_OF else "next_day.csv"
    shutil.copy(folder / name, landing)
    if day > AS_OF:
        _guanxi(["day", str(day), "--home", str(home)])
    with stopwatch.phase("run"):
        _guanxi(["run", "--home", str(home), "--as-of", str(day)])
    with current_copy(load_settings(home=home)) as copy:
        (total,) = copy.values("select count(*), max(orders_count) from marts.customers")
        if total != (customers, orders):
            raise RuntimeError(f"{total} of {customers} customers and {orders} orders")
        for mart in _MARTS:
            found = copy.values(f"select count(*), count(distinct customer_id) from marts.{mart}")
            if found != [(customers, customers)]:
                raise RuntimeError(f"{mart}: {found} of {customers} customers")


def _guanxi(arguments: list[str]) -> None:
    program = [str(Path(sys.executable).with_name("guanxi")), *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    done = subprocess.run(program, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[-3000:])


def _with_processor(line: Line) -> Line:
    return Line(line.claim, line.ours, note=f"{line.ours.cpu_seconds:.1f} s of processor")


def _peak(taken: list[Measurement]) -> Score:
    return Score(
        "one large customer: GB of the largest process", max(one.peak_mb for one in taken) / 1024, at_most=GIGABYTES
    )
