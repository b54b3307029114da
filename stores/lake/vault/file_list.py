"""Which files the vault has, noted outside its folder (`lake/vault_files.json`): a vault that is gone is missed.

The sums of the files lie in the folder itself: whoever loses the folder loses both.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stores.atomic_files import write_json
from stores.file_locks import exclusive
from stores.lake.layout import LEDGERS, VAULT
from stores.settings import Settings

log = logging.getLogger(__name__)


def list_path(settings: Settings) -> Path:
    """Where the list of the vault's files is."""
    return settings.lake / "vault_files.json"


def note_files(settings: Settings) -> set[str]:
    """Add to the list every file that has a sum; those of a release that kept no list too.

    Args:
        settings: the installation.

    Returns:
        The names of all files that the vault must have, without their endings.
    """
    with _turn(settings):
        noted = _noted(settings)
        names = noted | _names_with_sums(settings)
        if names != noted:
            _write(settings, names)
    return names


@contextmanager
def files_going(settings: Settings, names: set[str]) -> Iterator[None]:
    """Take files off the list, and nobody adds them again while the block removes them and their sums.

    Whoever dies in the block leaves files with sums, which are noted again.

    Args:
        settings: the installation.
        names: of the files, without their endings.
    """
    with _turn(settings):
        if names:
            _write(settings, (_noted(settings) | _names_with_sums(settings)) - names)
        yield


@contextmanager
def _turn(settings: Settings) -> Iterator[None]:
    place = settings.state / "locks" / "vault_files.lock"
    with exclusive(place, "The list of the vault's files is being written; waiting for that to end"):
        yield


def _noted(settings: Settings) -> set[str]:
    try:
        return set(json.loads(list_path(settings).read_text(encoding="utf-8"))["files"])
    except FileNotFoundError:
        return set()
    except (ValueError, KeyError, TypeError):
        log.warning("%s cannot be read; it is written again from what is in the vault", list_path(settings))
        return set()


def _names_with_sums(settings: Settings) -> set[str]:
    return {path.stem for path in (settings.lake / VAULT / LEDGERS).glob("[!.]*.json")}


def _write(settings: Settings, names: set[str]) -> None:
    write_json(list_path(settings), {"files": sorted(names)})
