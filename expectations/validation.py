"""The one module that imports Great Expectations: runs suites inside DuckDB and keeps the keys of what fails.

The import takes seconds, so it happens on the first validation and not before.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from expectations.dialect import served
from expectations.suite import Check, Suite
from stores.duckdb_connection import literal
from stores.settings import Settings

log = logging.getLogger(__name__)

# So many failing rows are kept for each check; how many there were in all is counted.
KEPT_ROWS = 10_000
NAMED_ROWS = 5


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        success: whether the check holds.
        unexpected_count: rows that fail it.
        unexpected_percent: their share of the rows with a value, in percent.
        failing_rows_path: Parquet file with the keys of failing rows.
        failing_rows: the first few of them, as text.
        error: why the check could not be made.
    """

    success: bool
    unexpected_count: int = 0
    unexpected_percent: float = 0.0
    failing_rows_path: Path | None = None
    failing_rows: tuple[str, ...] = ()
    error: str | None = None


def validate(
    connection: duckdb.DuckDBPyConnection, settings: Settings, suites: Sequence[Suite], folder: Path
) -> dict[tuple[str, str], Finding]:
    """Run the suites inside DuckDB.

    Args:
        connection: a database that holds a relation of each suite's name.
        settings: the limits that checks refer to.
        suites: what to check.
        folder: where the keys of failing rows are kept.

    Returns:
        A finding for every check, by suite name and check name.
    """
    if not suites:
        return {}
    expectations = _great_expectations()
    findings: dict[tuple[str, str], Finding] = {}
    with served(connection) as url:
        context = expectations.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_sql("guanxi", connection_string=url.render_as_string())
        for suite in suites:
            outcomes = _run(expectations, source, suite, settings)
            for check in suite.checks:
                findings[suite.name, check.name] = _finding(connection, suite, check, outcomes[check.name], folder)
    return findings


def _great_expectations() -> Any:
    # Both before the import: nobody else hears of our runs, and we do not hear of every function it registers.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations
        import great_expectations.expectations
    # This one sets its own level to INFO as it is imported.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    return great_expectations


def _run(expectations: Any, source: Any, suite: Suite, settings: Settings) -> dict[str, Any]:
    """Great Expectations' result of every check, by check name."""
    asset = source.add_table_asset(suite.name, table_name=suite.name)
    batch = asset.add_batch_definition_whole_table("whole").get_batch()
    declared = [
        getattr(expectations.expectations, check.expectation)(
            column=check.column,
            severity=check.severity,
            description=check.description_en,
            meta={"check": check.name},
            **check.resolved(settings.gates),
        )
        for check in suite.checks
    ]
    result = batch.validate(
        expectations.ExpectationSuite(name=suite.name, expectations=declared),
        # The keys come from the query of failing rows, run below with a limit: COMPLETE would fetch every one of them.
        result_format={
            "result_format": "BASIC",
            "unexpected_index_column_names": list(suite.keys),
            "return_unexpected_index_query": True,
            "partial_unexpected_count": NAMED_ROWS,
        },
    )
    return {outcome.expectation_config.meta["check"]: outcome for outcome in result.results}


def _finding(connection: duckdb.DuckDBPyConnection, suite: Suite, check: Check, outcome: Any, folder: Path) -> Finding:
    if outcome.exception_info and outcome.exception_info.get("raised_exception"):
        reason = str(outcome.exception_info.get("exception_message"))
        return Finding(success=False, error=reason.strip().splitlines()[0] if reason.strip() else "unknown error")
    count = int(outcome.result.get("unexpected_count") or 0)
    percent = float(outcome.result.get("unexpected_percent") or 0.0)
    query = outcome.result.get("unexpected_index_query")
    if not count or not query:
        return Finding(bool(outcome.success), count, percent)
    path = folder / f"{suite.boundary}__{suite.name}__{check.name}.parquet"
    named = _keep(connection, query.rstrip("; \n"), suite, check, path)
    return Finding(bool(outcome.success), count, percent, path, named)


def _keep(connection: duckdb.DuckDBPyConnection, query: str, suite: Suite, check: Check, path: Path) -> tuple[str, ...]:
    """Write the failing rows' keys (and value, unless it must not spread) to a file; the first few as text."""
    columns = [*suite.keys, *([check.column] if check.keep_value and check.column not in suite.keys else [])]
    listed = ", ".join(f'"{column}"' for column in columns)
    target = literal(path)
    connection.execute(
        f"copy (select {listed} from ({query}) as failing order by all limit {KEPT_ROWS}) to {target} (format parquet)"
    )
    rows = connection.execute(f"select {listed} from {target} limit {NAMED_ROWS}").fetchall()
    return tuple(", ".join(f"{column}={value}" for column, value in zip(columns, row, strict=True)) for row in rows)
