"""A day that brought one per cent: lake to publication, against a full refresh of the same retailer."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from benchmarks.claim import Bench, Line
from benchmarks.measure import Measurement, Stopwatch, measured
from benchmarks.shared_retailer import AS_OF, ingest, serving, settings_of, world

ORDER = 4
RATIO_LIMIT = 0.10
# By customers of the retailer: seconds from cold that are fast enough, whatever the ratio.
SECONDS_LIMIT = {1_000_000: 45, 100_000: 35}
NOTHING_NEW_SECONDS = 10


def run(bench: Bench) -> list[Line]:
    """Build everything once, then days one after the other: the first of a month, an ordinary one, nothing new."""
    home, _ = world(bench, "days", bench.sizes.day_customers)
    full = measured(build, home=home, day=AS_OF, full=True)
    first_of_month, ordinary = AS_OF + timedelta(days=1), AS_OF + timedelta(days=2)
    lines = []
    for day, words in ((first_of_month, "the first of a month"), (ordinary, "an ordinary day")):
        brought = measured(live, home=home, day=day)
        taken = measured(build, home=home, day=day)
        lines.append(_line(bench, words, brought, taken, full))
    nothing = measured(build, home=home, day=ordinary)
    size = f"{bench.sizes.day_customers:,} customers"
    full_line = Line(claim=f"full refresh, lake to publication: {size}", ours=full, note="every model, test and gate")
    return [
        full_line,
        *lines,
        Line(claim=f"build with nothing new: {size}", ours=nothing, limit=NOTHING_NEW_SECONDS),
    ]


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


def build(stopwatch: Stopwatch, home: Path, day: date, full: bool = False) -> None:
    """Everything between the lake and the publication, as the scheduled run does it."""
    from orchestration.runs.run_job import run_job

    settings = settings_of(home, day)
    with stopwatch.phase("build"):
        outcome = run_job(settings, "build", full=full)
    if not outcome.success:
        raise RuntimeError(f"the build failed: {outcome.error} {outcome.failed_checks[:5]}")
