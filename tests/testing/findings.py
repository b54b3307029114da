"""What a gate found, in a form that tests can look at."""

from datetime import date

import duckdb

from expectations.gate import GateResult

AS_OF = date(2026, 6, 30)
EMPTY_LEDGER = (
    "select '' as target, '' as source_file, '' as file_id, 0::bigint as physical_rows, 0::bigint as loaded_rows,"
    " 0::bigint as quarantined_rows, timestamp '2026-01-01' as ingested_at where false"
)


def not_met(results: list[GateResult]) -> dict[str, GateResult]:
    """The checks that did not pass, by `suite.check`."""
    return {f"{result.suite}.{result.check}": result for result in results if not result.success}


def kept(result: GateResult) -> list[tuple]:
    """The failing rows that were kept."""
    with duckdb.connect() as connection:
        return connection.execute(f"select * from '{result.failing_rows_path}'").fetchall()
