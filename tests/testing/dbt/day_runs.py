"""The whole project built day after day in one process, and beside it from nothing, on a copy of the same warehouse.

`python -m tests.testing.dbt.day_runs FOLDER SEED DAY…` is that process; a day is `2026-06-30`, with `=` behind it when
both ways are to be compared there, with `-` when it brings nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from orchestration.dbt.dbt_project import parsed, prepare_manifest
from orchestration.garbage_collection import look_rarely
from stores.settings import PROJECT_ROOT, load_settings
from tests.testing.dbt.random_days import RandomDays
from tests.testing.dbt.tiny_lake import write_standard

PROJECT = PROJECT_ROOT / "dbt_project"
# When a run wrote a row is no part of what the row says.
_WRITTEN_AT = "refreshed_at"


def differing_tables(folder: Path, seed: int, *days: str) -> list[str]:
    """Run the days in a process of their own; one line with examples for each table that differs on a day.

    Raises:
        AssertionError: a build failed.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
    command = [sys.executable, "-m", "tests.testing.dbt.day_runs", str(folder), str(seed), *days]
    done = subprocess.run(command, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
    skipped = _of_one_run(prepare_manifest(load_settings(home=folder)))
    return [line for place in sorted((folder / "compared").iterdir()) for line in _differences(place, skipped)]


def _build(home: Path, lake: Path, as_of: date, *arguments: str) -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    from orchestration.dbt.dbt_child import at_this_lake
    from orchestration.dbt.shortcuts.dbt_shortcuts import take_shortcuts

    take_shortcuts()
    home.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "GUANXI_LAKE": str(lake), "GUANXI_WAREHOUSE": str(home / "warehouse.duckdb"), "GUANXI_AS_OF": str(as_of),
        "DBT_PROFILES_DIR": str(PROJECT), "DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_LOG_LEVEL_FILE": "none",
        "DBT_WRITE_JSON": "false",
    }  # fmt: skip
    parse = Path(parsed(load_settings(home=home))["GUANXI_DBT_PARSED"])
    manifest = Manifest.from_msgpack(parse.read_bytes())
    manifest.build_flat_graph()
    without = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    command = ["--quiet", "build", "--project-dir", str(PROJECT), *without, *arguments]
    done = dbtRunner(manifest=at_this_lake(manifest)).invoke(command)
    # What was written is all in the file once nobody has it open.
    DuckDBConnectionManager.close_all_connections()
    if not done.success:
        results = getattr(done.result, "results", None) or []
        failed = [f"{one.node.name}: {one.message}" for one in results if one.status in ("error", "fail")]
        sys.exit(f"{as_of}: {done.exception or ''} {failed}")


def _of_one_run(manifest: Path) -> set[str]:
    """Tables that say what one run did; the others are what it came to."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return {
        node["name"]
        for node in nodes
        if node["config"]["materialized"] == "change_log" or "of_one_run" in node["config"]["tags"]
    }


def _differences(place: Path, skipped: set[str]) -> Iterator[str]:
    with duckdb.connect(str(place / "by_day.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{place / 'from_nothing.duckdb'}' as beside (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'by_day' order by all"
        ).fetchall()
        for schema, name in tables:
            if name in skipped or name.endswith("__followed"):
                continue
            columns = f"columns(c -> c <> '{_WRITTEN_AT}')"
            ours, theirs = (f"select {columns} from {base}{schema}.{name}" for base in ("", "beside."))
            missing, surplus = (
                connection.execute(f"{one} except all {other}").fetchall()
                for one, other in ((theirs, ours), (ours, theirs))
            )
            if missing or surplus:
                yield (
                    f"{place.name} {schema}.{name}: {len(missing)} missing, {len(surplus)} surplus, "
                    f"such as {missing[:2]} and {surplus[:2]}"
                )


def main(folder: Path, seed: int, *days: str) -> None:
    """Live and build the days."""
    look_rarely()
    world = RandomDays(write_standard(folder / "lake"), seed)
    home = folder / "by_day"
    for number, word in enumerate(days):
        day = date.fromisoformat(word.rstrip("=-"))
        if "-" not in word[10:]:
            world.live(day, rows=12 if number == 0 else 3)
        _build(home, folder / "lake", day)
        if word.endswith("="):
            place, beside = folder / "compared" / str(day), folder / f"from_nothing_{day}"
            place.mkdir(parents=True)
            beside.mkdir()
            for copy in (place / "by_day.duckdb", beside / "warehouse.duckdb"):
                shutil.copy(home / "warehouse.duckdb", copy)
            _build(beside, folder / "lake", day, "--full-refresh")
            shutil.copy(beside / "warehouse.duckdb", place / "from_nothing.duckdb")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
