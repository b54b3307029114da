"""A plan of every customer in every campaign, with caps, budgets and limits of tools, against the limit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb

from benchmarks.benchmark_dbt import run_dbt
from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, measured
from benchmarks.plan_project import ALLOCATION, AS_OF, PLAN, WAREHOUSE, make_project
from stores.settings import PROJECT_ROOT

ORDER = 11
CAMPAIGNS = 20
SECONDS = 60.0


def run(bench: Bench) -> list[Line]:
    """Plan the messages of many campaigns to all customers at once."""
    folder, customers = bench.folder / "plan", bench.sizes.published_customers
    shutil.rmtree(folder, ignore_errors=True)
    make_project(folder, customers, CAMPAIGNS)
    ours = measured(planned, folder=folder, threads=bench.threads, memory_limit=bench.memory_limit)
    return [
        Line(
            claim=f"{customers:,} candidates x {CAMPAIGNS} campaigns planned, {ours.found:,} messages to send",
            ours=ours,
            limit=SECONDS,
            note=f"dbt's own start with it; {ours.cpu_seconds:.1f} s of processor",
        )
    ]


def planned(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str) -> int:
    """Build the plan; how many messages it sends."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
    env |= {
        "GUANXI_WAREHOUSE": str(folder / WAREHOUSE), "GUANXI_LAKE": str(folder / "lake"),
        "GUANXI_AS_OF": str(AS_OF), "GUANXI_THREADS": str(threads), "GUANXI_MEMORY_LIMIT": memory_limit,
        "DBT_PROFILES_DIR": str(PROJECT_ROOT / "dbt_project"), "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"), "DBT_LOG_LEVEL_FILE": "none",
    }  # fmt: skip
    ours = [*ALLOCATION, *PLAN]
    run_dbt(folder, env, ["seed"])
    run_dbt(folder, env, ["run", "--exclude", *ours])
    with stopwatch.phase("plan"):
        run_dbt(folder, env, ["run", "--select", *ours])
    with duckdb.connect(str(folder / WAREHOUSE), read_only=True) as connection:
        ((messages,),) = connection.execute(
            "select count(*) from main.campaign_plan where decision = 'send'"
        ).fetchall()
    return int(messages)
