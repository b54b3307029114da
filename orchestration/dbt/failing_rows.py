"""Which values a failed dbt test found, in which channel and which file they came: a count alone helps nobody."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import duckdb

from stores.duckdb_connection import identifier
from stores.lake.layout import dataset_of
from stores.lake.reader import all_rows, tables
from stores.settings import Settings
from stores.warehouse import connect

log = logging.getLogger(__name__)

EXAMPLES = 3
_LONGEST = 40
_COLUMN_RULES = "column_rules"  # the test of a model's columns, dbt_project/tests/generic
_UNIQUE = "unique"
_STAGING = re.compile(r"stg_(?P<channel>.+?)__")


def with_examples(settings: Settings, target: Path, failed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to the message of every failed test the values that fail, their channel and files, where they are known.

    Args:
        settings: the installation; its warehouse must not be open for writing.
        target: dbt's target folder of the build.
        failed: what `dbt_outcome.failures` gave.
    """
    tests = [one for one in failed if one["kind"] == "test"]
    if not tests:
        return failed
    try:
        nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
        queries = {one["unique_id"]: one.get("compiled_code") or "" for one in results}
        with connect(settings) as warehouse:
            for one in tests:
                for unique_id, query in queries.items():
                    if unique_id.split(".")[2] == one["name"] and query:
                        one["message"] += _examples(settings, warehouse, nodes, nodes[unique_id], query)
    except (OSError, ValueError, KeyError, duckdb.Error) as trouble:
        # What failed is told all the same.
        log.warning("The values that fail cannot be looked up: %s", trouble)
    return failed


def _examples(
    settings: Settings, warehouse: duckdb.DuckDBPyConnection, nodes: dict[str, Any], test: dict[str, Any], query: str
) -> str:
    """Such as `; channel loyalty: 'gift' in points_1.csv`; empty where the test is about no column's values."""
    model = nodes.get(test.get("attached_node") or "")
    if not model:
        return ""
    told = []
    for column, rule, values in _failing_values(warehouse, test, query):
        which = "" if test.get("column_name") else f"{column} "
        for value in values:
            shown = "empty" if value is None else _short(value) + (" twice" if rule == _UNIQUE else "")
            found = _whereabouts(settings, warehouse, model, column, value)
            told += [f"{place}: {which}{shown}{files}" for place, files in found] or [f"{which}{shown}"]
    return "; " + "; ".join(told[: 2 * EXAMPLES]) if told else ""


def _failing_values(
    warehouse: duckdb.DuckDBPyConnection, test: dict[str, Any], query: str
) -> list[tuple[str, str, list[str | None]]]:
    """Columns, the rule that each breaks, and some of the values that do; None stands for an empty one."""
    if test.get("column_name"):
        rows = warehouse.execute(f"select * from ({query}) limit {EXAMPLES}").fetchall()
        values = [str(row[0]) for row in rows if row and row[0] is not None]
        return [(test["column_name"], "", list(values) or [None])] if rows else []
    if (test.get("test_metadata") or {}).get("name") != _COLUMN_RULES:
        return []
    broken = warehouse.execute(f"select rule_name, column_name, first_value, last_value from ({query})").fetchall()
    return [(column, rule, [first] if first == last else [first, last]) for rule, column, first, last in broken]


def _whereabouts(
    settings: Settings, warehouse: duckdb.DuckDBPyConnection, model: dict[str, Any], column: str, value: str | None
) -> list[tuple[str, str]]:
    """Channels in whose raw tables the value stands, and the files that brought it."""
    known = _STAGING.match(model["name"])
    channels = [known["channel"]] if known else _channels(warehouse, model, column, value)
    places: list[tuple[str, str]] = []
    for channel in channels:
        files: list[str] = []
        dataset = dataset_of(settings.lake, channel)
        for table in tables(dataset):
            files += _files(warehouse, all_rows(dataset, table), column, value)
        names = ", ".join(dict.fromkeys(files[:EXAMPLES]))
        places.append((f"channel {channel}", f" in {names}" if names else ""))
    return places


def _channels(warehouse: duckdb.DuckDBPyConnection, model: dict[str, Any], column: str, value: str | None) -> list[str]:
    columns = warehouse.execute(f"describe {model['relation_name']}").fetchall()
    if "channel" not in {name for name, *_ in columns}:
        return []
    query = (
        f"select distinct channel from {model['relation_name']} "
        f"where cast({identifier(column)} as varchar) is not distinct from ? order by 1 limit {EXAMPLES}"
    )
    return [str(channel) for (channel,) in warehouse.execute(query, [value]).fetchall()]


def _files(warehouse: duckdb.DuckDBPyConnection, rows: str, column: str, value: str | None) -> list[str]:
    """Files whose rows have the value in a column of that name, in any spelling of blanks and letter case."""
    scan = warehouse.sql(f"from {rows}")
    if column not in scan.columns or "_source_file" not in scan.columns:
        return []
    spelled = f"lower(trim(cast({identifier(column)} as varchar)))"
    query = f"select distinct _source_file from scan where {spelled} is not distinct from ? order by 1 limit {EXAMPLES}"
    return [str(file) for (file,) in warehouse.execute(query, [value.strip().lower() if value else None]).fetchall()]


def _short(value: str) -> str:
    shown = " ".join(value.split())
    return f"'{shown[:_LONGEST]}…'" if len(shown) > _LONGEST else f"'{shown}'"
