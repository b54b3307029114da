"""Scores without a declared scale: no model assumes one, so a 55 among scores from 1 to 5 would be taken as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from ingestion.contract.channel import Channel
from orchestration.channel_check.findings import WARNING, Finding
from orchestration.channel_check.staging_build import Build, staging_models
from stores.duckdb_connection import identifier
from stores.lake.reader import all_rows, has_table

_CONCEPT = re.compile(r"""['"]score['"]\s*:\s*(['"])(.+?)\1""", re.DOTALL)
_RENAMED = re.compile(r"\b([a-z_][a-z0-9_]*)\s+as\s+([a-z_][a-z0-9_]*)\b", re.IGNORECASE)
_NAME = re.compile(r"\b[a-z_][a-z0-9_]*\b")
# as columns of scores are called, where the models do not show which one it is
_CALLED = re.compile(r"(?:.*_)?(?:score|rating|stars|satisfaction|nps|csat|ces)(?:_.*)?")


def scale_findings(
    channel: Channel, build: Build, connection: duckdb.DuckDBPyConnection, dataset: Path
) -> Iterator[Finding]:
    """Columns of the contract that become the score of the concept feedback and do not say their scale.

    Args:
        channel: whose contract it is.
        build: what was built of its models.
        connection: any DuckDB connection.
        dataset: the channel's folder in the sampled lake.
    """
    if not build.is_built(f"stg_{channel.name}__feedback"):
        return
    feeding = _feeding([str(node["raw_code"]) for node in staging_models(build.nodes, channel.name).values()])
    for table in channel.tables:
        for name, column in table.contract.items():
            is_score = name in feeding or _CALLED.fullmatch(name)
            if not column.is_number or column.between or not is_score or not has_table(dataset, table.name):
                continue
            ((lowest, highest),) = connection.execute(
                f"select min({identifier(name)}), max({identifier(name)}) from {all_rows(dataset, table.name)}"
            ).fetchall()
            if lowest is None:
                continue
            text = (
                f"{name} is a score whose scale nobody has said: any number is taken. "
                f"Those that were read go from {lowest:g} to {highest:g}."
            )
            fix = (
                f'Say it in ingestion/channels/{channel.name}/: "{name}": Column("{column.type}", …, between=(1, 5)); '
                "a value outside of it goes to quarantine."
            )
            yield Finding(WARNING, table.name, text, fix, field=name)


def _feeding(models: list[str]) -> set[str]:
    """Names that become the score of the concept, through the renamings of the models."""
    names = {name for code in models for _, value in _CONCEPT.findall(code) for name in _NAME.findall(value)}
    renamed = [(old.lower(), new.lower()) for code in models for old, new in _RENAMED.findall(code)]
    while more := {old for old, new in renamed if new in names} - names:
        names |= more
    return names
