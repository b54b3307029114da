"""The quality gates: nothing is published or sent that has not passed.

    results = run_gate(settings, "marts", run_id)
    if outcome(results) == "failed": stop here

A suite is added by one module in `expectations/suites/`; nothing lists them.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from expectations import suites as suite_modules
from expectations.sources import Layout
from expectations.suite import Boundary, Check, Severity, Suite
from expectations.validation import Finding, validate
from stores.counted import counted
from stores.duckdb_connection import open_duckdb
from stores.settings import Settings
from stores.warehouse import writer_lock

log = logging.getLogger(__name__)

Outcome = Literal["passed", "warned", "failed"]


@dataclass(frozen=True)
class GateResult:
    """What one check of one gate found.

    Attributes:
        boundary: raw, marts or plan.
        suite: the suite's name.
        table: the table it guards.
        check: the check's name in the suite.
        expectation: Great Expectations' name of what was checked.
        column: the column that was checked.
        severity: a failed critical check blocks, a failed warning is shown.
        success: whether it holds.
        unexpected_count: rows that fail.
        unexpected_percent: their share in percent.
        description_zh: what must hold, in Chinese.
        description_en: what must hold, in English.
        failing_rows_path: Parquet file with the keys of failing rows, None when none failed.
        failing_rows: the first few failing rows' keys as text.
        error: why the check could not be made; then `success` is False.
        is_acceptable: whether somebody named may let one build pass that fails it.
        accepted_by: who did so for this run, None when nobody did.
    """

    boundary: Boundary
    suite: str
    table: str
    check: str
    expectation: str
    column: str
    severity: Severity
    success: bool
    unexpected_count: int
    unexpected_percent: float
    description_zh: str
    description_en: str
    failing_rows_path: str | None
    failing_rows: tuple[str, ...]
    error: str | None
    is_acceptable: bool = False
    accepted_by: str | None = None

    @property
    def is_blocking(self) -> bool:
        """Whether this result stops publication or sending."""
        return not self.success and self.severity == "critical" and self.accepted_by is None


@cache
def discover() -> tuple[Suite, ...]:
    """Every suite in `expectations/suites/`, in the order of its module's name.

    Raises:
        TypeError: a module there declares no `SUITE`, or one whose name is not the module's.
    """
    found = []
    for module in sorted(pkgutil.iter_modules(suite_modules.__path__), key=lambda entry: entry.name):
        suite = getattr(importlib.import_module(f"{suite_modules.__name__}.{module.name}"), "SUITE", None)
        if not isinstance(suite, Suite) or suite.name != module.name:
            raise TypeError(f"expectations/suites/{module.name}.py must declare SUITE = Suite(name={module.name!r}, …)")
        found.append(suite)
    return tuple(found)


def run_gate(
    settings: Settings, boundary: Boundary, run_id: str, freshness_hours: Mapping[str, float] | None = None
) -> list[GateResult]:
    """Check everything at one boundary.

    The checked relations as a script and the keys of failing rows stay in `gates/<run_id>/`; the folders of the last
    `settings.gates.keep_runs` runs are kept.

    Args:
        settings: the installation and its limits.
        boundary: raw (after ingestion), marts (before publishing) or plan (before sending).
        run_id: the run that asks.
        freshness_hours: hours within which each channel should bring something; a channel that is not named may stay
            silent.

    Returns:
        One result for each check; empty when there is nothing at this boundary.
    """
    started = time.monotonic()
    chosen = [suite for suite in discover() if suite.boundary == boundary]
    folder = settings.gates_folder / (re.sub(r"[^A-Za-z0-9_-]", "_", run_id) or "_")
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f"{boundary}__*.parquet"):
        stale.unlink()
    # An open reader keeps a writer of the warehouse out, so neither may start while the other is at it.
    with (
        writer_lock(settings) if boundary != "raw" else nullcontext(),
        open_duckdb(settings) as connection,
    ):
        layout = Layout(connection, settings, chosen, freshness_hours or {})
        (folder / f"{boundary}.sql").write_text(layout.script, encoding="utf-8")
        findings = validate(connection, settings, layout.ready, folder)
    # What should be checked and cannot be does not pass.
    findings |= {
        (suite.name, check.name): Finding(success=False, error=layout.refused[suite.name])
        for suite in chosen
        if suite.name in layout.refused
        for check in suite.checks
    }
    results = [
        _result(suite, check, findings[suite.name, check.name])
        for suite in chosen
        for check in suite.checks
        if (suite.name, check.name) in findings
    ]
    _prune(settings, folder)
    _tell(boundary, results, time.monotonic() - started)
    return results


def outcome(results: Iterable[GateResult]) -> Outcome:
    """The worst of the results: failed blocks, warned is shown, passed is neither."""
    bad = [result for result in results if not result.success]
    if any(result.is_blocking for result in bad):
        return "failed"
    return "warned" if bad else "passed"


def _result(suite: Suite, check: Check, finding: Finding) -> GateResult:
    return GateResult(
        boundary=suite.boundary,
        suite=suite.name,
        table=suite.table,
        check=check.name,
        expectation=check.expectation,
        column=check.column,
        severity=check.severity,
        success=finding.success,
        unexpected_count=finding.unexpected_count,
        unexpected_percent=round(finding.unexpected_percent, 4),
        description_zh=check.description_zh,
        description_en=check.description_en,
        failing_rows_path=str(finding.failing_rows_path) if finding.failing_rows_path else None,
        failing_rows=finding.failing_rows,
        error=finding.error,
        is_acceptable=check.is_acceptable and finding.error is None,
    )


def _tell(boundary: Boundary, results: list[GateResult], seconds: float) -> None:
    bad = [result for result in results if not result.success]
    log.info("Gate %s: %s, %d checks, %d not met, %.1f s", boundary, outcome(results), len(results), len(bad), seconds)
    told: set[str] = set()
    for result in bad:
        level = logging.ERROR if result.is_blocking else logging.WARNING
        if result.error:
            # One cause keeps all checks of a suite from being made; say it once.
            if f"{result.suite}: {result.error}" not in told:
                log.log(level, "%s: %s cannot be checked: %s", result.table, result.suite, result.error)
            told.add(f"{result.suite}: {result.error}")
            continue
        rows = f"{counted(result.unexpected_count, 'row')}, such as {'; '.join(result.failing_rows[:2])}"
        log.log(
            level, "%s: %s.%s: not met: %s (%s)", result.table, result.suite, result.check, result.description_en, rows
        )


def _prune(settings: Settings, current: Path) -> None:
    """Remove what older runs found, except the last `keep_runs` runs."""
    folders = sorted(
        (path for path in settings.gates_folder.iterdir() if path.is_dir() and path != current),
        key=lambda path: path.stat().st_mtime_ns,
        reverse=True,
    )
    for path in folders[settings.gates.keep_runs - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
