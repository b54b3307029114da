"""The warehouse: one DuckDB file that dbt builds, one writer at a time, and the publication made from it.

The names that other packages need are all here; `stores.warehouse_lock` and `stores.publication` hold the work.
"""

from __future__ import annotations

import json
import logging
import struct
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from stores.atomic_files import write_json
from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.publication import PUBLISHED_SCHEMAS, publish
from stores.publication_files.pointer import Publication, current_publication, release_publication
from stores.settings import Settings
from stores.warehouse_lock import writer_lock

__all__ = [
    "PUBLISHED_SCHEMAS",
    "Publication",
    "connect",
    "current_publication",
    "publish",
    "read_gate_state",
    "refuse_damaged",
    "release_publication",
    "warehouse_damage",
    "write_gate_state",
    "writer_lock",
]

log = logging.getLogger(__name__)
_POLL_SECONDS = 0.2
_SIGNS_OF_DAMAGE = ("Corrupt database file", "Could not read enough bytes", "not a valid DuckDB database")
_GATE_STATE = "gate_state.json"
# DuckDB's file: three headers of 4,096 bytes, of which the second and third take turns, then blocks of one size.
_HEADER = 4_096
_HEADERS = 3 * _HEADER
_MAGIC = slice(8, 12)
_COUNTER = struct.Struct("<5Q")  # behind a checksum: iteration, two pointers, blocks, bytes of a block
_CHECKSUM = 8
# A pointer is a block and a place in it; all ones where nothing is stored yet.
_BLOCK, _NOWHERE = (1 << 56) - 1, (1 << 64) - 1


def connect(settings: Settings, read_only: bool = True, wait_seconds: float = 60.0) -> duckdb.DuckDBPyConnection:
    """Open the warehouse. Close the connection before dbt or a publish needs the file.

    Args:
        settings: the installation; its `threads` and `memory_limit` bound the connection.
        read_only: False also creates the file; take `writer_lock` first.
        wait_seconds: how long to wait while another process has the file open in a way that shuts this one out.

    Raises:
        UserError: no warehouse yet, or still in use after `wait_seconds`.
    """
    path = settings.warehouse_path
    if read_only and not path.exists():
        raise UserError(f"There is no warehouse at {path} yet. Run `guanxi run` to build it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    told = False
    while True:
        try:
            return open_duckdb(settings, path, read_only)
        except duckdb.IOException as busy:
            if "lock" not in str(busy):
                raise _damaged(path, str(busy)) from busy
            if time.monotonic() >= deadline:
                raise UserError(
                    f"The warehouse {path} was in use by another process for {wait_seconds:.0f} s. "
                    "Wait for the run that has it, or stop the program that holds it open."
                ) from busy
            if not told:
                log.info("Waiting for the warehouse file: another process has it open")
                told = True
            time.sleep(_POLL_SECONDS)


def refuse_damaged(settings: Settings, messages: Sequence[str]) -> None:
    """Tell a damaged warehouse file from a build that failed for another reason.

    Args:
        settings: the installation.
        messages: what the failed parts of a build said; the file is opened too where none said anything.

    Raises:
        UserError: the file is damaged, or another process keeps it; says what to do.
    """
    for message in messages:
        if any(sign in message for sign in _SIGNS_OF_DAMAGE):
            raise _damaged(settings.warehouse_path, message)
    if not messages and settings.warehouse_path.exists():
        connect(settings).close()


def warehouse_damage(settings: Settings) -> str:
    """What is wrong with the warehouse file, in words; empty where it looks whole, or where there is none.

    Told from its first bytes and its size, without a lock that a run needs. It is no proof: what was altered or cut off
    further behind is found by the run that reads it.
    """
    path = settings.warehouse_path
    try:
        with path.open("rb") as file:
            head = file.read(_HEADERS)
            size = file.seek(0, 2)
    except FileNotFoundError:
        return ""
    except OSError as unreadable:
        return f"{path} cannot be read: {unreadable.strerror}"
    if len(head) < _HEADERS or head[_MAGIC] != b"DUCK":
        return f"{path} is damaged: it is no DuckDB file"
    newest = max(_COUNTER.unpack_from(head, place + _CHECKSUM) for place in (_HEADER, 2 * _HEADER))
    # Free blocks at the end are cut off after the header counted them: only where the tables' list stands is sure.
    _, tables, _, _, block_size = newest
    needed = _HEADERS + ((tables & _BLOCK) + 1) * block_size
    is_cut = tables != _NOWHERE and size < needed
    return f"{path} is damaged: it has {size:,} bytes, its list of tables ends at {needed:,}" if is_cut else ""


def _damaged(path: Path, why: str) -> UserError:
    return UserError(
        f"The warehouse {path} is damaged: {' '.join(why.split())[:200]}. Restore it from a backup, or move "
        "it away and run `guanxi run --full`: it is rebuilt from the lake with the same customer ids and the same "
        "histories."
    )


def write_gate_state(settings: Settings, state: dict[str, Any]) -> None:
    """Keep what the last gates said, for the app and `guanxi status`; replaces the file atomically."""
    write_json(settings.published / _GATE_STATE, state)


def read_gate_state(settings: Settings) -> dict[str, Any] | None:
    """What the last gates said; None before the first run."""
    try:
        document = json.loads((settings.published / _GATE_STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as bad:
        raise UserError(f"{settings.published / _GATE_STATE} is damaged. Delete it; the next run writes it.") from bad
    return document if isinstance(document, dict) else None
