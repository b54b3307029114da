"""A day after 400 daily loads, with and without compaction of the lake, against a day on a lake of few loads."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line
from benchmarks.day import build, live
from benchmarks.measure import Measurement, Stopwatch, measured
from benchmarks.shared_retailer import AS_OF, settings_of, world

ORDER = 4
LIMIT = 1.3
# Copies of a load's rows have more of what is wrong with them than a real load; here it is about their files only.
_GATES = "[guanxi.gates]\nunreadable_share = 1\nunreadable_share_critical = 1\nplaceholder_share = 1\n"


def run(bench: Bench) -> list[Line]:
    """One retailer lives a day on few loads, one after many more loads, and one when these were compacted."""
    home, _ = world(bench, "loads", bench.sizes.day_customers // 5)
    config = home / "benchmark.toml"
    config.write_text(config.read_text(encoding="utf-8") + _GATES, encoding="utf-8")
    measured(build, home=home, day=AS_OF, full=True)
    _day(home, 1)  # the first of a month is no day like the others
    few = _day(home, 2)
    measured(load_often, home=home, loads=bench.sizes.daily_loads)
    measured(build, home=home, day=AS_OF + timedelta(days=2))
    many = _day(home, 3)
    compacted = measured(compact, home=home)
    merged = _day(home, 4)
    size = f"{bench.sizes.day_customers // 5:,} customers, {bench.sizes.daily_loads} loads of each channel"
    note = f"{compacted.found['before']:,} small files became {compacted.found['after']} in {compacted.seconds:.0f} s"
    against = "a day on few loads"
    return [
        Line(f"a day on a compacted lake: {size}", merged, against, few, LIMIT, note),
        Line(f"a day on a lake never compacted: {size}", many, against, few),
    ]


def _day(home: Path, number: int) -> Measurement:
    day = AS_OF + timedelta(days=number)
    measured(live, home=home, day=day)
    return measured(build, home=home, day=day)


def load_often(_: Stopwatch, home: Path, loads: int) -> None:
    """Repeat each channel's newest load under further load ids, written as loads are written."""
    from stores.atomic_files import put_whole
    from stores.lake.checksums import record_parts
    from stores.lake.layout import datasets, parts_of, recorded_loads

    settings = settings_of(home)
    draft = settings.state / "benchmark.parquet"
    with duckdb.connect() as connection:
        for dataset in datasets(settings.lake):
            recorded = recorded_loads(dataset)
            newest = max(recorded, key=float, default="")
            # A channel that brought nothing on the day has one large load: repeated, it would be another retailer.
            for number in range(1, loads + 1) if len(recorded) > 1 else ():
                load_id = f"{float(newest) + number / 10_000:.6f}"
                for path in parts_of(dataset, newest).values():
                    connection.execute(
                        f"copy (select * replace ('{load_id}' as _dlt_load_id) from read_parquet('{path}'))"
                        f" to '{draft}' (format parquet)"
                    )
                    put_whole(draft, path.with_name(path.name.replace(newest, load_id)))
                    draft.unlink()
                record_parts(dataset, load_id)
                line = {**json.loads(recorded[newest].read_text(encoding="utf-8")), "load_id": load_id}
                place = recorded[newest].with_name(recorded[newest].name.replace(newest, load_id))
                place.write_text(json.dumps(line), encoding="utf-8")


def compact(stopwatch: Stopwatch, home: Path) -> dict[str, int]:
    """Compact the lake; files before and after."""
    from ingestion.lake.compaction import compact as compact_lake

    with stopwatch.phase("compact"):
        done = compact_lake(settings_of(home))
    return {"before": sum(len(one.parts) for one in done), "after": len(done)}
