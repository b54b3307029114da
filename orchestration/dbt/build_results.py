"""What a dbt build left behind: failed nodes, row counts, and the record of a build that must not be published."""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path
from typing import Any

from stores.settings import Settings
from stores.warehouse import connect, read_gate_state, write_gate_state

log = logging.getLogger(__name__)
_BAD = {"error", "fail", "runtime error"}


def failures(target: Path) -> list[dict[str, Any]]:
    """Models and tests that failed in the last build of a target folder: name, message, failing rows, path.

    Args:
        target: dbt's target folder.
    """
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except (FileNotFoundError, ValueError, KeyError):
        return []
    return [
        {
            "name": result["unique_id"].split(".")[2],
            "kind": result["unique_id"].split(".")[0],
            "message": " ".join(str(result.get("message") or "").split())[:400],
            "rows": result.get("failures"),
        }
        for result in results
        if result["status"] in _BAD
    ]


def row_counts(settings: Settings) -> dict[str, int]:
    """Rows of every table in the warehouse by `schema.table`; read from the catalogue, no table is scanned."""
    with connect(settings) as warehouse:
        rows = warehouse.execute("select schema_name, table_name, estimated_size from duckdb_tables()").fetchall()
    return {f"{schema}.{table}": int(size) for schema, table, size in rows}


def record_failed_build(settings: Settings, run_id: str, as_of: date, failed: list[dict[str, Any]]) -> None:
    """Say in the gate state, which the app and `guanxi status` show, that models or their tests failed."""
    write_gate_state(
        settings,
        {
            "run_id": run_id,
            "as_of": as_of.isoformat(),
            "checked_at": settings.now().isoformat(timespec="seconds"),
            "outcome": "failed",
            "results": [
                {
                    "boundary": "models",
                    "suite": "dbt",
                    "table": one["name"],
                    "check": one["name"],
                    "expectation": one["kind"],
                    "column": None,
                    "severity": "critical",
                    "success": False,
                    "unexpected_count": one["rows"],
                    "unexpected_percent": None,
                    "description_zh": f"模型或其测试未通过：{one['message']}",
                    "description_en": f"a model or its test failed: {one['message']}",
                    "failing_rows_path": None,
                    "failing_rows": [],
                    "error": None,
                    "is_acceptable": False,
                }
                for one in failed
            ],
        },
    )


def last_failure(settings: Settings) -> str:
    """What failed in the last build, as the end of a sentence about it; empty where no model or test of it did."""
    results = (read_gate_state(settings) or {}).get("results", [])
    failed = [one for one in results if one["boundary"] == "models" and not one["success"]]
    if not failed:
        return ""
    more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"failed at {failed[0]['table']}{more} ({failed[0]['description_en']})"
