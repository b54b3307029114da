"""When each channel last brought something, how much, and by when it should have brought more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ingestion.lake.undelivered_consents import known_undelivered
from orchestration.dbt.active_channels import channels_in_use
from stores.duckdb_connection import open_duckdb
from stores.lake.layout import dataset_of
from stores.lake.reader import has_table, rows
from stores.settings import Settings

_LOADS_TOLD = 5


@dataclass(frozen=True)
class Load:
    """One load of a channel.

    Attributes:
        loaded_at: when, naive business time.
        rows: rows that it loaded.
        quarantined: rows that it put into quarantine.
    """

    loaded_at: datetime
    rows: int
    quarantined: int


@dataclass(frozen=True)
class Freshness:
    """How fresh a channel is.

    Attributes:
        channel: name.
        state: fresh; late (the last load is older than the channel promises); never (no load yet).
        age_hours: hours since the last load; None before the first.
        expected_hours: hours within which the channel should bring something.
        loads: the last loads, the newest first.
        undelivered_consents: tables of consents that never came, with the message channels that they are about.
    """

    channel: str
    state: Literal["fresh", "late", "never"]
    age_hours: float | None
    expected_hours: float
    loads: list[Load] = field(default_factory=list)
    undelivered_consents: dict[str, list[str]] = field(default_factory=dict)


def freshness(settings: Settings) -> list[Freshness]:
    """Every channel in use, what is late or never came first.

    Args:
        settings: the installation.
    """
    now = settings.now().replace(tzinfo=None)
    told: list[Freshness] = []
    with open_duckdb(settings) as connection:
        for name, channel in channels_in_use(settings).items():
            dataset, expected = dataset_of(settings.lake, name), float(channel.freshness_hours)
            loads: list[Load] = []
            if has_table(dataset, "file_ledger"):
                # A replay moves rows of an earlier load from quarantine; it brings nothing new.
                found = connection.execute(
                    "select max(ingested_at), sum(loaded_rows)::bigint, sum(quarantined_rows)::bigint"
                    f" from {rows(dataset, 'file_ledger')} where kind <> 'replay'"
                    f" group by _dlt_load_id order by 1 desc, _dlt_load_id desc limit {_LOADS_TOLD}"
                ).fetchall()
                loads = [Load(*row) for row in found]
            age = (now - loads[0].loaded_at).total_seconds() / 3600 if loads else None
            state: Literal["fresh", "late", "never"] = "never" if age is None else "late" if age > expected else "fresh"
            hours = None if age is None else round(max(age, 0.0), 1)
            told.append(Freshness(name, state, hours, expected, loads, known_undelivered(settings, name)))
    return sorted(told, key=lambda one: ("never", "late", "fresh").index(one.state))
