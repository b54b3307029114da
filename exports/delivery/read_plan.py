"""Today's campaign plan, read from the publication: what the models decided, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from stores.duckdb_connection import open_published
from stores.publication import Publication

_ROWS = 10_000
_COLUMNS = (
    "campaign_id", "customer_id", "channel", "step", "campaign_version", "occurrence", "destination", "template",
    "variant", "identifier_type", "identifier_token", "identifier_cipher", "fields", "consent_purpose", "cap_class",
    "priority", "value_score",
)  # fmt: skip


@dataclass(frozen=True)
class PlanCounts:
    """How many rows the plan has, by what was decided.

    Attributes:
        send: rows to be sent.
        held: rows held back, by first reason.
        refused: rows refused, by first reason.
    """

    send: int
    held: dict[str, int]
    refused: dict[str, int]


def count_plan(publication: Publication) -> PlanCounts:
    """Count the plan's rows by decision and first reason; all zero when the publication has no plan."""
    counted = {"send": Counter[str](), "hold": Counter[str](), "refuse": Counter[str]()}
    with _open(publication) as connection:
        if _has_plan(connection):
            rows = connection.execute(
                "select decision, coalesce(reason, ''), count(*) from campaigns.campaign_plan group by all"
            )
            for decision, reason, number in rows.fetchall():
                counted[decision][reason] += number
    return PlanCounts(counted["send"].total(), dict(counted["hold"]), dict(counted["refuse"]))


def read_sends(publication: Publication) -> Iterator[list[dict[str, Any]]]:
    """The rows to be sent, in lists of up to 10,000, each row by column name."""
    with _open(publication) as connection:
        if not _has_plan(connection):
            return
        relation = connection.sql(
            f"select {', '.join(_COLUMNS)} from campaigns.campaign_plan where decision = 'send'"
            " order by campaign_id, step, customer_id, channel"
        )
        for batch in relation.to_arrow_reader(_ROWS):
            yield batch.to_pylist()


def _open(publication: Publication) -> duckdb.DuckDBPyConnection:
    return open_published(publication.path)


def _has_plan(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(
        connection.execute(
            "select 1 from information_schema.tables where table_schema = 'campaigns' and table_name = 'campaign_plan'"
        ).fetchone()
    )
