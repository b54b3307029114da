"""Opening the operations store: one engine per database and process, its tables brought up to date on first use."""

from __future__ import annotations

import functools
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from stores.errors import UserError
from stores.operations.migrate import migrate
from stores.settings import Settings

log = logging.getLogger(__name__)

_BUSY_SECONDS = 30
_CACHE_KIB = 65_536
_CHECKPOINT_PAGES = 8_000
_READS_ONLY = "guanxi_reads_only"


def engine(settings: Settings) -> Engine:
    """The operations store of an installation; made and migrated when needed, also by several processes at once.

    A transaction begun on it takes SQLite's write lock at once, so that nothing read in it can be overtaken; use
    `reading` where nothing is written.

    Raises:
        UserError: the URL cannot be used, the database cannot be reached or was made by a newer Guanxi.
    """
    return _open(settings.operations_database_url)


@contextmanager
def writing(store: Engine) -> Iterator[Connection]:
    """One transaction that may write: commits at the end, rolls back on an exception."""
    with store.begin() as connection:
        yield connection


@contextmanager
def reading(store: Engine) -> Iterator[Connection]:
    """One consistent view that never waits for a writer and never makes one wait."""
    with store.connect().execution_options(**{_READS_ONLY: True}) as connection:
        yield connection


@functools.cache
def _open(address: str) -> Engine:
    try:
        url = make_url(address)
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise UserError(f"operations_url starts with {url.drivername!r}; it can be sqlite or postgresql.")
        if url.get_backend_name() == "sqlite":
            store = _sqlite(address, Path(url.database or ""))
        else:
            store = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError) as bad:
        raise UserError(
            "operations_url is not a database URL such as postgresql+psycopg://user@host/guanxi. Mend it in "
            ".dlt/config.toml, section [guanxi], or in GUANXI_OPERATIONS_URL."
        ) from bad
    except ModuleNotFoundError as missing:
        raise UserError(
            f"operations_url needs the Python package {missing.name}. Install it and run again."
        ) from missing
    try:
        migrate(store)
    except OperationalError as unreachable:
        # The URL may carry a password, so only its harmless parts are shown.
        where = url.database if url.get_backend_name() == "sqlite" else f"{url.host}:{url.port or 5432}/{url.database}"
        raise UserError(
            f"The operations store at {where} cannot be opened: {_first_line(unreachable)}. Nothing was changed; "
            "start the database or mend operations_url, then run again."
        ) from unreachable
    return store


def _sqlite(address: str, path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as bad:
        raise UserError(
            f"The folder {path.parent} of the operations store cannot be made: {bad.strerror}. Choose another `home`."
        ) from bad
    # Tokens, ciphertexts and broken lines are parameters: they do not belong into error messages.
    connect_args = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    store = create_engine(address, connect_args=connect_args, hide_parameters=True)

    @event.listens_for(store, "connect")
    def _configure(raw: Any, _record: Any) -> None:
        # The driver would begin transactions late and by itself; `_begin` below says when and how instead.
        raw.isolation_level = None
        _write_ahead(raw)
        raw.execute("pragma foreign_keys = on")
        raw.execute("pragma synchronous = full")
        # Deliveries are touched in random order: what a run works on should fit the cache, not be read again and again.
        raw.execute(f"pragma cache_size = -{_CACHE_KIB}")
        raw.execute(f"pragma wal_autocheckpoint = {_CHECKPOINT_PAGES}")

    @event.listens_for(store, "begin")
    def _begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get(_READS_ONLY, False)
        connection.exec_driver_sql("begin" if reads_only else "begin immediate")

    return store


def _write_ahead(raw: Any) -> None:
    """Switch to write-ahead logging; on a new file SQLite refuses instead of waiting when two processes try at once."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while raw.execute("pragma journal_mode").fetchone()[0] != "wal":
        try:
            raw.execute("pragma journal_mode = wal")
        except Exception as busy:
            if "locked" not in str(busy) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]


def _forget_in_child() -> None:
    """A connection must not be shared with a forked child; the child opens its own."""
    _open.cache_clear()


os.register_at_fork(after_in_child=_forget_in_child)
