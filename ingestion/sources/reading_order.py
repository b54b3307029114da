"""The order in which files came that are read once more: of rows without a time, what arrives last counts."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from ingestion.contract.table import Table
from ingestion.readers.parsed_file import Readable
from stores.atomic_files import write_json
from stores.settings import Settings

NewFile = tuple[Readable, list[Table]]


def note_order(settings: Settings, channel: str, order: Sequence[Collection[str]]) -> None:
    """Note the file ids of one load after the other, ahead of those that wait to be read from earlier."""
    noted = {one for load in order for one in load}
    _write(
        settings, channel, [*order, *([one for one in load if one not in noted] for load in _order(settings, channel))]
    )


def next_load(settings: Settings, channel: str, new: list[NewFile]) -> tuple[list[NewFile], int]:
    """The files that come next, in a load of their own, and how many loads of the order they and those before take up.

    Args:
        settings: the installation.
        channel: name of a channel of files.
        new: files to read.

    Returns:
        All files and 0 once no noted one is left.
    """
    for place, load in enumerate(_order(settings, channel)):
        if files := [one for one in new if one[0].file_id in load]:
            return files, place + 1
    return new, 0


def note_read(settings: Settings, channel: str, loads: int) -> None:
    """Strike the first loads of the order out, all for 0."""
    _write(settings, channel, _order(settings, channel)[loads:] if loads else [])


def _place(settings: Settings, channel: str) -> Path:
    return settings.state / "ingestion" / channel / "reading_order.json"


def _order(settings: Settings, channel: str) -> list[list[str]]:
    try:
        return list(json.loads(_place(settings, channel).read_text(encoding="utf-8"))["loads"])
    except FileNotFoundError:
        return []


def _write(settings: Settings, channel: str, order: Sequence[Collection[str]]) -> None:
    place = _place(settings, channel)
    if left := [sorted(load) for load in order if load]:
        write_json(place, {"loads": left})
    else:
        place.unlink(missing_ok=True)
