"""A refresh with nothing new: the whole command, from the shell to the prompt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, measured
from benchmarks.shared_retailer import serving, settings_of, world

ORDER = 3
LIMIT_SECONDS = 20


def run(bench: Bench) -> list[Line]:
    """Refresh twice; the second has nothing to do and is measured."""
    home, _ = world(bench)
    with serving(home):
        measured(refresh, home=home)
        again = measured(refresh, home=home)
    return [
        Line(
            claim=f"`guanxi run` with nothing new, {bench.sizes.customers:,} customers",
            ours=again,
            limit=LIMIT_SECONDS,
        )
    ]


def refresh(stopwatch: Stopwatch, home: Path) -> None:
    """Run the command that the operator runs."""
    settings = settings_of(home)
    command = [sys.executable, "-m", "orchestration.cli", "run", "--no-send", "--home", str(home)]
    with stopwatch.phase("refresh"):
        done = subprocess.run(
            command, cwd=settings.project_root, env=dict(os.environ), capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"guanxi run failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
