"""Tables of consents that a channel declares and never brought: what is missing is nobody's yes.

Each reading of the channel keeps the answer beside its other state, so that whoever shows it needs neither contracts
nor lake.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stores.atomic_files import write_json
from stores.settings import Settings

if TYPE_CHECKING:
    # `guanxi status` asks for what is kept, and these take a second to import
    import duckdb

    from ingestion.contract.channel import Channel
    from ingestion.lake.channel_lake import Lake


def undelivered_consents(
    channel: Channel, lake: Lake, connection: duckdb.DuckDBPyConnection
) -> dict[str, frozenset[str]]:
    """The tables that should hold consents and of which nothing ever came, with the message channels they are about.

    Of a channel of which nothing came at all there is nobody who could be written to, so nothing is missing.

    Args:
        channel: the channel.
        lake: its part of the lake.
        connection: of the lake.
    """
    ledger = lake.rows("file_ledger")
    came = {
        str(target): int(loaded)
        for target, loaded in connection.execute(
            f"select target, sum(loaded_rows) from {ledger} group by target"
        ).fetchall()
    }
    if not any(came.values()):
        return {}
    return {
        table.name: frozenset(question.channel for question in table.consent_questions)
        for table in channel.tables
        if table.consents and table.name not in came
    }


def keep_undelivered(settings: Settings, channel: Channel, found: Mapping[str, frozenset[str]]) -> None:
    """Keep what `undelivered_consents` found, for `known_undelivered`."""
    place = _place(settings, channel.name)
    if found or place.exists():
        write_json(place, {table: sorted(channels) for table, channels in found.items()})


def known_undelivered(settings: Settings, channel: str) -> dict[str, list[str]]:
    """What the last reading of a channel found; nothing before the first.

    Args:
        settings: the installation.
        channel: name.
    """
    try:
        return dict(json.loads(_place(settings, channel).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def _place(settings: Settings, channel: str) -> Path:
    return settings.state / "ingestion" / channel / "undelivered_consents.json"
