"""Publishing a million customers of forty columns, against copying the same table with DuckDB alone."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, best_of_each, measured
from stores.atomic_files import sync
from stores.publication_files.tables import tables_of
from stores.settings import load_settings
from stores.warehouse import publish

ORDER = 10
LIMIT = 1.5
COLUMNS = 40
AS_OF = date(2026, 6, 30)


def run(bench: Bench) -> list[Line]:
    """Build a warehouse with one wide mart, publish it, and copy it by hand for comparison."""
    home = bench.folder / "publication"
    rows = bench.sizes.published_customers
    measured(make_warehouse, home=home, rows=rows)
    peer, ours = best_of_each(
        partial(measured, copy_by_hand, home=home, threads=bench.threads),
        partial(measured, publish_once, home=home),
    )
    return [
        Line(
            claim=f"publish {rows:,} customers x {COLUMNS} columns",
            ours=ours,
            against="DuckDB copies the table to a file",
            peer=peer,
            limit=LIMIT,
            note=f"{ours.found:.0f} MB",
        )
    ]


def make_warehouse(_: Stopwatch, home: Path, rows: int) -> None:
    """Write `marts.customers` with numbers, amounts, texts, dates and flags as real marts have them."""
    path = load_settings(home=home).warehouse_path
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = [
        "md5(i::text || '{n}')",
        "(hash(i, {n}) % 100000)::decimal(18, 2) / 100",
        "(hash(i, {n}) % 400)::int",
        "date '2024-01-01' + (hash(i, {n}) % 900)::int",
        "hash(i, {n}) % 2 = 0",
        "['上海', '北京', '广州', '深圳', '成都'][(1 + hash(i, {n}) % 5)::int]",
        "case when hash(i, {n}) % 3 = 0 then timestamp '2025-01-01' + to_minutes((hash(i, {n}) % 500000)::int) end",
    ]
    columns = ", ".join(f"{kinds[n % len(kinds)].format(n=n)} as column_{n}" for n in range(1, COLUMNS))
    with duckdb.connect(str(path)) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.customers as select 'c_' || substr(sha256(i::text), 1, 16) as customer_id, {columns}"
            f" from range({rows}) as r(i)"
        )


def copy_by_hand(stopwatch: Stopwatch, home: Path, threads: int) -> None:
    """The least that any publication must do: a copy that is on the disk."""
    warehouse, target = load_settings(home=home).warehouse_path, home / "by_hand.duckdb"
    target.unlink(missing_ok=True)
    with stopwatch.phase("copy"), duckdb.connect(str(target), config={"threads": threads}) as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute("set enable_progress_bar = false")
        connection.execute("create table customers as from warehouse.marts.customers")
        connection.execute("checkpoint")
        sync(target)


def publish_once(stopwatch: Stopwatch, home: Path) -> float:
    """Publish; the size of the file in MB."""
    settings = load_settings(home=home)
    with stopwatch.phase("publish"):
        publication = publish(settings, "benchmark", AS_OF, None)
    return sum(table.bytes for table in tables_of(settings, publication.path)) / 1e6
