"""Three hundred tags of made-up metrics with their coverage: in full and on a day, against a hand-written script."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, measured
from benchmarks.tag_project import ACTIVE_PERCENT, FIRST_DAY, OURS, WAREHOUSE, change_some, make_metrics, make_project
from benchmarks.tags_by_hand import by_hand
from orchestration.dbt import dbt_process
from serving.figures.insight_members import tagged
from serving.insight import tags
from serving.published_copy import current_copy
from stores.publication_files.tables import tables_of
from stores.settings import PROJECT_ROOT, load_settings
from stores.warehouse import publish

ORDER = 9
PEER_LIMIT = 2.0
DAY_SECONDS = 6.0
QUESTION_SECONDS = 1.0


def run(bench: Bench) -> list[Line]:
    """Tag everybody by dbt and by hand, compare, then live a day on which 1 % of the customers change; publish both."""
    folder, customers = bench.folder / "tags", bench.sizes.published_customers
    shutil.rmtree(folder, ignore_errors=True)
    rules = make_project(folder)
    make_metrics(folder, customers)
    limits = {"folder": folder, "threads": bench.threads, "memory_limit": bench.memory_limit}
    measured(prepared, **limits, day=FIRST_DAY)
    full = measured(tagged_by_dbt, **limits, day=FIRST_DAY)
    peer = measured(by_hand, **limits, rules=rules)
    if full.found[:2] != peer.found:
        raise RuntimeError(f"the hand-written script and the platform disagree: {peer.found} and {full.found[:2]}")
    first = measured(published, folder=folder, day=FIRST_DAY)
    change_some(folder)
    later = FIRST_DAY + timedelta(days=1)
    measured(prepared, **limits, day=later)
    day = measured(tagged_by_dbt, **limits, day=later)
    start = measured(started, **limits, day=later)
    second = measured(published, folder=folder, day=later)
    members = measured(members_of_a_tag, folder=folder, tag=rules[0]["tag"])
    of_customer = measured(tags_of_a_customer, folder=folder)
    size = f"{len({rule['tag'] for rule in rules})} tags, {customers:,} customers, {full.found[0]:,} held"
    return [
        Line(
            claim=f"tags and their coverage in full: {size}",
            ours=full,
            against="hand-written SQL over the same metrics",
            peer=peer,
            limit=PEER_LIMIT,
            note="dbt and its start, history and log of changes with it; the same tags",
        ),
        Line(
            claim=f"the same on a day, {ACTIVE_PERCENT} % of the customers changed",
            ours=day,
            limit=DAY_SECONDS,
            note=f"with the start of dbt; {day.found[2]:,} customers replaced; {day.cpu_seconds:.1f} s of processor",
        ),
        Line(
            claim="of it the start of dbt, with one view to build: a run pays it once for all its models",
            ours=start,
            note=f"{start.cpu_seconds:.1f} s of processor; {(day.cpu_seconds - start.cpu_seconds):.1f} s are the tags'",
        ),
        *(
            Line(
                claim=f"tag marts published {when}",
                ours=one,
                note=f"{one.found:.0f} MB; {one.cpu_seconds:.1f} s of processor",
            )
            for when, one in (("the first time", first), ("after the day", second))
        ),
        Line(claim=f"{members.found:,} customers of a tag", ours=members, limit=QUESTION_SECONDS),
        Line(claim=f"{of_customer.found} tags of a customer", ours=of_customer, limit=QUESTION_SECONDS),
    ]


def prepared(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, day: date) -> None:
    """Build what tags are made from: seeds, metrics, and the log of who changed."""
    with stopwatch.phase("prepared"):
        _dbt(folder, threads, memory_limit, day, ["build", "--exclude", *OURS])


def tagged_by_dbt(
    stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, day: date
) -> tuple[int, int, int]:
    """Build the tags; how many are held, how many of them count, and how many customers were replaced."""
    with stopwatch.phase("tags"):
        _dbt(folder, threads, memory_limit, day, ["run", "--select", *OURS])
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    seconds = {one["unique_id"].rpartition(".")[2]: round(one["execution_time"], 1) for one in results}
    print({name: took for name, took in sorted(seconds.items()) if took >= 0.1})
    with duckdb.connect(str(folder / WAREHOUSE), read_only=True) as connection:
        ((held,),) = connection.execute("select count(*) from marts.customer_tags where is_current").fetchall()
        ((counted,),) = connection.execute("select sum(counted_tags) from marts.customer_tag_counts").fetchall()
        ((replaced,),) = connection.execute(
            "select count(*) from main.affected_tagged_customers"
            " where log_no = (select max(log_no) from main.affected_tagged_customers)"
        ).fetchall()
    return int(held), int(counted), int(replaced)


def started(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, day: date) -> None:
    """Let dbt build one view: what starting it costs."""
    with stopwatch.phase("start"):
        _dbt(folder, threads, memory_limit, day, ["run", "--select", "tag_numbers"])


def published(stopwatch: Stopwatch, folder: Path, day: date) -> float:
    """Publish the marts of tags; megabytes of their files."""
    settings = load_settings(home=folder)
    with stopwatch.phase("published"):
        publication = publish(settings, "benchmark", day, folder / "target" / "manifest.json")
    return sum(table.bytes for table in tables_of(settings, publication.path)) / 1e6


def members_of_a_tag(stopwatch: Stopwatch, folder: Path, tag: str) -> int:
    """Ask the publication who has a tag."""
    audience = tagged(tag)
    with current_copy(load_settings(home=folder)) as copy, stopwatch.phase("asked"):
        return len(copy.values(audience.sql, audience.parameters))


def tags_of_a_customer(stopwatch: Stopwatch, folder: Path) -> int:
    """Ask the publication which tags a customer has."""
    with current_copy(load_settings(home=folder)) as copy:
        ((customer_id,),) = copy.values("select customer_id from marts.customer_tag_counts where tags > 20 limit 1")
        with stopwatch.phase("asked"):
            return len(tags.of_customer(copy, customer_id))


def _dbt(folder: Path, threads: int, memory_limit: str, day: date, arguments: list[str]) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
    env |= {
        "GUANXI_WAREHOUSE": str(folder / WAREHOUSE), "GUANXI_LAKE": str(folder / "lake"),
        "GUANXI_AS_OF": str(day), "GUANXI_THREADS": str(threads), "GUANXI_MEMORY_LIMIT": memory_limit,
        "DBT_PROFILES_DIR": str(PROJECT_ROOT / "dbt_project"), "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"), "DBT_LOG_LEVEL_FILE": "none",
    }  # fmt: skip
    process = dbt_process.start(
        ["--quiet", *arguments, "--project-dir", str(folder / "project")], env, folder / "project"
    )
    assert process.stdout
    with process.stdout:
        said = process.stdout.read().decode(errors="replace")
    if process.wait():
        raise RuntimeError(said[-3000:])
