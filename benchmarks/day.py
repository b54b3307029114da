"""A day that brought one per cent: lake to publication, against a full refresh of the same retailer."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

from benchmarks.claim import Bench, Line
from benchmarks.measure import Measurement, Stopwatch, measured
from benchmarks.shared_retailer import AS_OF, OWN_PROJECT, ingest, serving, settings_of, world
from orchestration.dbt.dbt_project import build_dir
from stores.settings import PROJECT_ROOT

ORDER = 4
RATIO_LIMIT = 0.10
# By customers of the retailer: seconds from cold that are fast enough, whatever the ratio.
SECONDS_LIMIT = {1_000_000: 45, 100_000: 35}
NOTHING_NEW_SECONDS = 10
# What a home with a project of its own needs of the checkout.
PROJECT_FOLDERS = (".dlt", "dbt_project", "expectations", "exports", "linkage")
SEED = "dbt_project/seeds/rule_thresholds.csv"
SEED_ROW = ("high_value_score,70,", "high_value_score,71,")


def run(bench: Bench) -> list[Line]:
    """Build everything, then the first of a month, an ordinary day, the same with nothing new, and a changed rule."""
    home, _ = world(bench, "days", bench.sizes.day_customers)
    own_project(home)
    full = measured(build, home=home, day=AS_OF, full=True)
    first_of_month, ordinary = AS_OF + timedelta(days=1), AS_OF + timedelta(days=2)
    lines = []
    for day, words in ((first_of_month, "the first of a month"), (ordinary, "an ordinary day")):
        brought = measured(live, home=home, day=day)
        taken = measured(build, home=home, day=day)
        lines.append(_line(bench, words, brought, taken, full))
    nothing = measured(build, home=home, day=ordinary)
    change_a_seed_row(home)
    rule = measured(build, home=home, day=ordinary)
    size = f"{bench.sizes.day_customers:,} customers"
    full_line = Line(claim=f"full refresh, lake to publication: {size}", ours=full, note="every model, test and gate")
    return [
        full_line,
        *lines,
        Line(claim=f"build with nothing new: {size}", ours=nothing, limit=NOTHING_NEW_SECONDS),
        Line(
            claim=f"build after one changed seed row: {size}",
            ours=rule,
            note=f"{rule.found['nodes']} models and tests of {full.found['nodes']}: the seed and what depends on it",
        ),
    ]


def own_project(home: Path) -> None:
    """Give the home a copy of the project, in which a seed can be changed."""
    root = home / OWN_PROJECT
    if not root.exists():
        for folder in PROJECT_FOLDERS:
            leave = shutil.ignore_patterns("target", "logs", "__pycache__")
            shutil.copytree(PROJECT_ROOT / folder, root / folder, ignore=leave)


def change_a_seed_row(home: Path) -> None:
    """Move the score from which a customer is of high value."""
    path = home / OWN_PROJECT / SEED
    before = path.read_text(encoding="utf-8")
    after = before.replace(*SEED_ROW)
    if after == before:
        raise RuntimeError(f"{SEED} has no row {SEED_ROW[0]}")
    path.write_text(after, encoding="utf-8")


def _line(bench: Bench, words: str, brought: Measurement, taken: Measurement, full: Measurement) -> Line:
    """A day against the full refresh, or against the seconds that are fast enough where it is no tenth of that."""
    size = bench.sizes.day_customers
    share = taken.seconds / full.seconds
    seconds = next((limit for least, limit in SECONDS_LIMIT.items() if size >= least), None)
    told = f"{brought.found['orders']:,} orders, {brought.found['new']:,} new customers"
    note = f"{told}; ingestion of {brought.seconds:.0f} s apart"
    claim = f"{words}, lake to publication: {brought.found['active']:,} of {size:,} customers active"
    if seconds is not None and share > RATIO_LIMIT:
        return Line(claim=claim, ours=taken, limit=seconds, note=f"{share:.0%} of the full refresh; {note}")
    return Line(claim=claim, ours=taken, against="the full refresh", peer=full, limit=RATIO_LIMIT, note=note)


def live(stopwatch: Stopwatch, home: Path, day: date) -> dict[str, int]:
    """Let the retailer live a day and read its channels; what the day brought."""
    from demo_retailer import live_one_day

    settings = settings_of(home, day)
    made = live_one_day(settings)
    if made.day != day.isoformat():
        raise RuntimeError(f"the retailer is at {made.day}, not at {day}; delete {home}")
    with serving(home, day):
        ingest(stopwatch, home, day)
    return {"active": made.active, "new": made.new, "orders": made.orders}


def build(stopwatch: Stopwatch, home: Path, day: date, full: bool = False) -> dict[str, int]:
    """Everything between the lake and the publication, as the scheduled run does it; how many nodes dbt built last."""
    from orchestration.runs.run_job import run_job

    settings = settings_of(home, day)
    with stopwatch.phase("build"):
        outcome = run_job(settings, "build", full=full)
    if not outcome.success:
        raise RuntimeError(f"the build failed: {outcome.error} {outcome.failed_checks[:5]}")
    results = json.loads((build_dir(settings) / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {"nodes": sum(not result["unique_id"].startswith("operation.") for result in results)}
