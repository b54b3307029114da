"""The channels: one package each, found by looking, not listed."""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from pathlib import Path

from ingestion.contract import Channel
from stores.errors import UserError


def discover() -> dict[str, Channel]:
    """Every channel by name, in alphabetical order.

    Raises:
        UserError: a package under `ingestion/channels/` cannot be imported, has no `CHANNEL`, or its name differs.
    """
    return {name: load(name) for name in sorted(one.name for one in pkgutil.iter_modules(__path__) if one.ispkg)}


def load(name: str) -> Channel:
    """The channel of a package.

    Raises:
        UserError: it cannot be imported, has no `CHANNEL`, or its name differs; file and line are named.
    """
    place = f"ingestion/channels/{name}"
    try:
        package = importlib.import_module(f"{__name__}.{name}")
    except UserError as bad:
        raise UserError(f"{line_in(place, bad)}: {bad}") from bad
    except Exception as bad:
        raise UserError(
            f"{line_in(place, bad)} cannot be imported: {bad}. Correct the package or remove the folder."
        ) from bad
    channel = getattr(package, "CHANNEL", None)
    if not isinstance(channel, Channel):
        raise UserError(f"{place}/__init__.py has no CHANNEL. Write: from {__name__}.{name}.settings import CHANNEL.")
    if channel.name != name:
        raise UserError(f"{place}: CHANNEL is named {channel.name!r}. Name channel and folder alike.")
    return channel


def line_in(place: str, bad: BaseException) -> str:
    """The last line of a channel's code that led to an exception, `<place>/settings.py, line 12`; else the place."""
    if isinstance(bad, SyntaxError) and bad.filename:
        return f"{place}/{Path(bad.filename).name}, line {bad.lineno}"
    own = [frame for frame in traceback.extract_tb(bad.__traceback__) if f"/{place}/" in frame.filename]
    return f"{place}/{own[-1].filename.rpartition(f'/{place}/')[2]}, line {own[-1].lineno}" if own else place
