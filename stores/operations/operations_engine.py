"""Opening the operations store: one engine per database and process, its tables brought up to date on first use."""

from __future__ import annotations

import functools
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from stores.errors import UserError
from stores.operations.migrate import is_empty, migrate
from stores.operations.store_record import RECORD, count_write, hold_against, missing, note_write, was_there
from stores.operations.table_base import READS_ONLY, metadata
from stores.settings import Settings

log = logging.getLogger(__name__)

_BUSY_SECONDS = 30
_CACHE_KIB = 65_536
_CHECKPOINT_PAGES = 8_000
_LAKE = "guanxi_lake"
_NO_URL = (
    "operations_url is not a database URL such as postgresql+psycopg://user@host/guanxi. Correct it in "
    ".dlt/config.toml, section [guanxi], or in GUANXI_OPERATIONS_URL."
)


def engine(settings: Settings) -> Engine:
    """The operations store of an installation; made and migrated when needed, also by several processes at once.

    Each time it is held against what is known of it beside the lake. A transaction begun on it takes SQLite's write
    lock at once, so that nothing read in it can be overtaken; use `reading` where nothing is written.

    Raises:
        StoreLost: there was a store, and it is missing, another one, or an older copy.
        UserError: the URL cannot be used, the database cannot be reached or was made by a newer Guanxi.
    """
    url = _url(settings.operations_database_url)
    file = _file(url, was_there(settings.lake)) if url.get_backend_name() == "sqlite" else None
    store = _open(settings.operations_database_url, settings.lake, file)
    with _explained(url):
        hold_against(store, settings.lake, _where(url))
    return store


def engine_to_read(settings: Settings) -> Engine:
    """The store for those who only look: as `engine`, but where there never was one it is an empty one in memory.

    Raises:
        StoreLost: as `engine`.
        UserError: as `engine`.
    """
    url = _url(settings.operations_database_url)
    never_made = url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()
    if never_made and not was_there(settings.lake):
        return _empty()
    return engine(settings)


def exists(settings: Settings) -> bool:
    """Whether there is an operations store, or there was one; asking makes none."""
    places = (settings.home / "operations", settings.lake / RECORD)
    return bool(settings.operations_url) or any(place.exists() for place in places)


@contextmanager
def writing(store: Engine, is_noted: bool = True) -> Iterator[Connection]:
    """One transaction that may write: commits at the end, rolls back on an exception.

    Args:
        store: as `engine` gives it.
        is_noted: whether it is noted beside the lake, so that a copy of before it counts as older; False where such a
            copy would do no harm, and speed counts.
    """
    lake: Path | None = store.get_execution_options().get(_LAKE)
    record = None
    with store.begin() as connection:
        yield connection
        if lake:
            record = count_write(connection)
    if lake and record and is_noted:
        note_write(lake, record)


@contextmanager
def reading(store: Engine) -> Iterator[Connection]:
    """One consistent view that never waits for a writer and never makes one wait."""
    with store.connect().execution_options(**{READS_ONLY: True}) as connection:
        yield connection


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError as bad:
        raise UserError(_NO_URL) from bad
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UserError(f"operations_url starts with {url.drivername!r}; it can be sqlite or postgresql.")
    return url


def _where(url: URL) -> str:
    """The place of a store; its URL may carry a password, so only the harmless parts."""
    is_file = url.get_backend_name() == "sqlite"
    return str(url.database) if is_file else f"{url.host}:{url.port or 5432}/{url.database}"


def _file(url: URL, had_one: bool) -> tuple[int, int]:
    """What makes SQLite's file the same file: a connection to one that was replaced would go on with the old one.

    Connections never make the file; it is made here, where there was none.
    """
    path = Path(url.database or "")
    try:
        is_there = path.exists() and (path.stat().st_size > 0 or path.with_name(f"{path.name}-wal").exists())
        if had_one and not is_there:
            raise missing(_where(url))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Only where there is none: closing a file gives up every lock of this process on it, and with the locks of a
        # connection gone another process takes itself for the last one and removes the log that the connection reads.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        status = path.stat()
    except OSError as bad:
        raise UserError(
            f"The operations store {path} cannot be made or opened: {bad.strerror}. Choose another `home`."
        ) from bad
    return status.st_dev, status.st_ino


@contextmanager
def _explained(url: URL) -> Iterator[None]:
    try:
        yield
    except DatabaseError as unusable:
        raise UserError(
            f"The operations store at {_where(url)} cannot be opened: {_first_line(unusable)}. Nothing was changed; "
            "start the database, fix operations_url or restore the backup, then run again."
        ) from unusable


@functools.cache
def _open(address: str, lake: Path, file: tuple[int, int] | None) -> Engine:
    url = _url(address)
    try:
        if url.get_backend_name() == "sqlite":
            store = _sqlite(address, Path(url.database or ""))
        else:
            store = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError) as bad:
        raise UserError(_NO_URL) from bad
    except ModuleNotFoundError as absent:
        raise UserError(f"operations_url needs the Python package {absent.name}. Install it and run again.") from absent
    with _explained(url):
        had_one = was_there(lake)
        if is_empty(store) and had_one:
            raise missing(_where(url))
        migrate(store)
    store.update_execution_options(**{_LAKE: lake})
    return store


def _empty() -> Engine:
    store = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(store)
    return store


def _sqlite(address: str, path: Path) -> Engine:
    # Tokens, ciphertexts and broken lines are parameters: they do not belong into error messages.
    def connect() -> sqlite3.Connection:
        place = f"{path.absolute().as_uri()}?mode=rw"
        return sqlite3.connect(place, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)

    store = create_engine(address, creator=connect, hide_parameters=True)

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
        reads_only = connection.get_execution_options().get(READS_ONLY, False)
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
