"""Commands that people wait for: help and status, from the shell to the prompt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.app_pages import BUILT_CUSTOMERS
from benchmarks.claim import Bench, Line
from benchmarks.measure import Measurement, Stopwatch, measured
from benchmarks.nothing_new import refresh
from benchmarks.shared_retailer import serving, settings_of, world

ORDER = 13
LIMITS = {("--help",): 0.5, ("status",): 1.0}
_TRIES = 5


def run(bench: Bench) -> list[Line]:
    """Each command on a published home, the fastest of a few."""
    home, _ = world(bench, "app", min(BUILT_CUSTOMERS, bench.sizes.published_customers))
    if not (home / "published" / "current.json").exists():
        with serving(home):
            measured(refresh, home=home)
    return [
        Line(f"`guanxi {' '.join(arguments)}`", fastest(home, arguments), limit=limit)
        for arguments, limit in LIMITS.items()
    ]


def fastest(home: Path, arguments: tuple[str, ...]) -> Measurement:
    """The fastest of a few runs of a command."""
    tries = (measured(command, home=home, arguments=arguments) for _ in range(_TRIES))
    return min(tries, key=lambda one: one.seconds)


def command(stopwatch: Stopwatch, home: Path, arguments: tuple[str, ...]) -> None:
    """Run a command to its end."""
    settings = settings_of(home)
    program = [str(Path(sys.executable).with_name("guanxi")), *arguments]
    with stopwatch.phase("command"):
        subprocess.run(program, cwd=settings.project_root, env=dict(os.environ), capture_output=True, check=True)
