"""One row of a seed changed: the whole command, which builds what depends on that seed and nothing else."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, measured
from benchmarks.shared_retailer import serving, settings_of, world
from stores.settings import PROJECT_ROOT

ORDER = 3
SEED = "rfm_segments_8"
# What a checkout has besides its code.
_LEFT = shutil.ignore_patterns(".*", "target", "logs", "data", "__pycache__", "*.egg-info")


def run(bench: Bench) -> list[Line]:
    """Build, change the name of a segment in a copy of the project, build again; the second build is measured."""
    home, _ = world(bench)
    project = bench.folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(PROJECT_ROOT, project, ignore=_LEFT)
    with serving(home):
        everything = measured(build, home=home, project=project, full=True)
        rename_a_segment(project)
        changed = measured(build, home=home, project=project)
        again = measured(build, home=home, project=project)
    built, expected, there = changed.found["built"], changed.found["descendants"], changed.found["models"]
    if built != expected or again.found["built"]:
        raise RuntimeError(
            f"not what depends on {SEED} was built: {sorted(set(built) ^ set(expected))}, then {again.found}"
        )
    return [
        Line(
            claim=f"`guanxi run` after one row of a seed changed, {bench.sizes.customers:,} customers",
            ours=changed,
            against="the same with everything built",
            peer=everything,
            note=f"builds the {len(built)} of {there} models that depend on it",
        )
    ]


def rename_a_segment(project: Path) -> None:
    """Give the first segment of the seed another name."""
    path = project / "dbt_project" / "seeds" / f"{SEED}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        columns, row, *others = csv.reader(file)
    row[columns.index("name_en")] = "Another name"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, row, *others])


def build(stopwatch: Stopwatch, home: Path, project: Path, full: bool = False) -> dict[str, object]:
    """Run the operator's command on a copy of the project; the models that it built, and those that it had to."""
    settings = settings_of(home)
    results = settings.state / "dbt" / "build" / "run_results.json"
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "orchestration.cli", "run", "--no-send", "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": str(project)}
    with stopwatch.phase("build"):
        done = subprocess.run(
            [*command, *(["--full"] if full else [])], cwd=project, env=environment, capture_output=True, text=True
        )
    if done.returncode:
        raise RuntimeError(f"guanxi run failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    manifest = json.loads(results.with_name("manifest.json").read_text(encoding="utf-8"))
    ran = json.loads(results.read_text(encoding="utf-8"))["results"] if results.exists() else []
    return {
        "built": sorted(one["unique_id"] for one in ran if one["unique_id"].startswith("model.")),
        "descendants": sorted(_descendants(manifest, f"seed.guanxi.{SEED}")),
        "models": sum(node["resource_type"] == "model" for node in manifest["nodes"].values()),
    }


def _descendants(manifest: dict[str, dict[str, list[str]]], node: str) -> set[str]:
    """Every model that reads a node, or a model that does."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        children = {one for one in manifest["child_map"][waiting.pop()] if one.startswith("model.")} - found
        found |= children
        waiting += children
    return found
