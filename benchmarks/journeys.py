"""Everybody in a journey goes on by a step, and an ordinary day of it, against the limits of the house."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.benchmark_dbt import run_dbt
from benchmarks.claim import Bench, Line
from benchmarks.journey_project import OURS, WAREHOUSE, live, make_project
from benchmarks.measure import Stopwatch, measured
from stores.settings import PROJECT_ROOT

ORDER = 10
FULL_SECONDS = 60.0
DAY_SECONDS = 10.0


def run(bench: Bench) -> list[Line]:
    """Let everybody enter, send everybody the first message, then live a day with one of a hundred new or buying."""
    folder, customers = bench.folder / "journeys", bench.sizes.published_customers
    shutil.rmtree(folder, ignore_errors=True)
    make_project(folder)
    limits = {"folder": folder, "threads": bench.threads, "memory_limit": bench.memory_limit}
    taken = []
    for days in range(3):
        day = live(folder, customers, days)
        taken.append(measured(advanced, **limits, day=day))
    return [
        Line(
            claim=f"{one.found:,} steps of {customers:,} customers in a journey: {what}",
            ours=one,
            limit=limit,
            note=f"dbt's own start with it; {one.cpu_seconds:.1f} s of processor",
        )
        for one, what, limit in zip(
            taken, ("they enter", "all go on", "a day, 1 % enter, 1 % buy"), (FULL_SECONDS, FULL_SECONDS, DAY_SECONDS),
            strict=True,
        )
    ]  # fmt: skip


def advanced(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, day: date) -> int:
    """Build the journeys; how many steps were taken."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
    env |= {
        "GUANXI_WAREHOUSE": str(folder / WAREHOUSE), "GUANXI_LAKE": str(folder / "lake"),
        "GUANXI_AS_OF": str(day), "GUANXI_THREADS": str(threads), "GUANXI_MEMORY_LIMIT": memory_limit,
        "DBT_PROFILES_DIR": str(PROJECT_ROOT / "dbt_project"), "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"), "DBT_LOG_LEVEL_FILE": "none",
    }  # fmt: skip
    if not (folder / "target" / "partial_parse.msgpack").exists():
        run_dbt(folder, env, ["seed"])
    run_dbt(folder, env, ["run", "--exclude", *OURS])
    with stopwatch.phase("journeys"):
        run_dbt(folder, env, ["run", "--select", *OURS])
    with duckdb.connect(str(folder / WAREHOUSE), read_only=True) as connection:
        ((steps,),) = connection.execute(
            "select count(*) from main.int_journey_log where seen_on = $day", {"day": day}
        ).fetchall()
    return int(steps)
