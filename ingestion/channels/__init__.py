"""The channels: one package each, found by looking, not listed."""

from __future__ import annotations

import importlib
import pkgutil

from ingestion.contract import Channel
from stores.errors import UserError


def discover() -> dict[str, Channel]:
    """Every channel by name, in alphabetical order.

    Raises:
        UserError: a package under `ingestion/channels/` cannot be imported, has no `CHANNEL`, or its name differs.
    """
    found: dict[str, Channel] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda entry: entry.name):
        if module.ispkg:
            found[module.name] = _load(module.name)
    return found


def _load(name: str) -> Channel:
    place = f"ingestion/channels/{name}"
    try:
        package = importlib.import_module(f"{__name__}.{name}")
    except UserError as bad:
        raise UserError(f"{place}: {bad}") from bad
    except Exception as bad:
        raise UserError(f"{place} cannot be imported: {bad}. Correct the package or remove the folder.") from bad
    channel = getattr(package, "CHANNEL", None)
    if not isinstance(channel, Channel):
        raise UserError(f"{place}/__init__.py has no CHANNEL. Write: from {__name__}.{name}.settings import CHANNEL.")
    if channel.name != name:
        raise UserError(f"{place}: CHANNEL is named {channel.name!r}. Name channel and folder alike.")
    return channel
