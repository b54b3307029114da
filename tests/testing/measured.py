"""What the light tests of each file cost in processor time, as last measured: `light_seconds.csv` beside this module.

Light are those that start no process. `make test ARGS=--measure` measures again what it runs, and writes the file.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from pathlib import Path

import pytest

from stores.settings import PROJECT_ROOT

PLACE = Path(__file__).with_name("light_seconds.csv")
SECONDS = "processor_seconds"
# What costs less is not written down.
_WORTH_A_ROW = 2.0  # seconds


def light_seconds() -> dict[str, float]:
    """Processor seconds of the light tests of a file, by its path from the checkout."""
    with PLACE.open(encoding="utf-8", newline="") as file:
        return {row["file"]: float(row["seconds"]) for row in csv.DictReader(file)}


class Measurement:
    """A plugin that measures each test and, where all reports come together, writes what the files cost."""

    def __init__(self) -> None:
        self._before = 0.0
        self._seconds: defaultdict[str, float] = defaultdict(float)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Remember where the processor time stands."""
        self._before = _processor_seconds()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Let the last report of a test tell what setup, test and teardown cost together."""
        if call.when == "teardown":
            item.user_properties.append((SECONDS, _processor_seconds() - self._before))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a light test to its file."""
        is_light = "heavy" not in report.keywords or "slow" in report.keywords
        if report.when == "teardown" and is_light:
            self._seconds[report.nodeid.partition("::")[0]] += dict(report.user_properties).get(SECONDS, 0.0)

    def pytest_sessionfinish(self) -> None:
        """Write the figures, in the one process that has them all."""
        if "PYTEST_XDIST_WORKER" in os.environ:
            return
        measured = {**light_seconds(), **self._seconds}
        found = {name: seconds for name, seconds in measured.items() if (PROJECT_ROOT / name).exists()}
        with PLACE.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["file", "seconds"])
            rows.writerows([name, f"{found[name]:.1f}"] for name in sorted(found) if found[name] >= _WORTH_A_ROW)


def _processor_seconds() -> float:
    """Of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])
