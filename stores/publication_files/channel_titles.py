"""What the channels are called on screen, kept beside the publication: readers know no contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from stores.atomic_files import write_json
from stores.settings import Settings

_FILE = "channel_titles.json"


def write_channel_titles(settings: Settings, titles: Mapping[str, tuple[str, str]]) -> None:
    """Keep the titles of the channels, Chinese and English, by name."""
    write_json(settings.published / _FILE, {name: list(both) for name, both in titles.items()})


def read_channel_titles(settings: Settings) -> dict[str, tuple[str, str]]:
    """The titles by channel, Chinese and English; empty where none were kept or the file cannot be read."""
    try:
        kept = json.loads((settings.published / _FILE).read_text(encoding="utf-8"))
        return {str(name): (str(zh), str(en)) for name, (zh, en) in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
