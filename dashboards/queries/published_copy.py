"""The published copy as pages see it: which one is current, and rows out of it.

The pointer is read for every query, so a new publication is seen on the next click; each publication file is opened
once per process and shared, with a cursor of its own for every query.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import duckdb
import pandas as pd
import streamlit as st

from stores.errors import UserError
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.settings import Settings, load_settings
from stores.warehouse import Publication, current_publication, read_gate_state

log = logging.getLogger(__name__)


class NoPublication(Exception):
    """Nothing has been published yet."""


class PublicationDamaged(Exception):
    """The publication's file is missing or is not a database any more."""


class TableMissing(Exception):
    """The publication was made by an older or a partial run and lacks a table or a column.

    Attributes:
        what: DuckDB's name of what is missing, without values.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def settings() -> Settings:
    """Settings of this installation, read again so that an edited file counts at once."""
    return load_settings()


def keyring() -> Keyring | None:
    """The keys; None where there are none, or where they may not be used: then only ids and masks are looked up."""
    current = settings()
    if not current.keyring_path.exists():
        return None
    try:
        return open_keyring(current)
    except UserError as refused:
        log.warning("%s", refused)
        return None


def publication() -> Publication:
    """The current publication.

    Raises:
        NoPublication: there is none yet.
        UserError: the pointer cannot be read.
    """
    current = current_publication(settings())
    if current is None:
        raise NoPublication
    return current


def gate_state() -> dict[str, Any] | None:
    """What the last gates said, None before the first run or when the file cannot be read."""
    try:
        return read_gate_state(settings())
    except UserError as damaged:
        log.warning("%s", damaged)
        return None


@st.cache_resource(max_entries=2, show_spinner=False)
def _database(path: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(path, read_only=True, config={"threads": 2, "memory_limit": settings().memory_limit})


def rows(sql: str, parameters: Iterable[Any] = ()) -> pd.DataFrame:
    """Rows of a query on the current publication, from the cache when the same was asked before.

    Args:
        sql: one select; values only as `?`.
        parameters: the values, hashable.

    Raises:
        NoPublication, PublicationDamaged, TableMissing: as named.
    """
    return _cached(str(publication().path), sql, tuple(parameters))


def private_rows(sql: str, parameters: Iterable[Any] = ()) -> pd.DataFrame:
    """Like `rows`, but nothing of it is kept: for what people type into the search box."""
    return _run(str(publication().path), sql, tuple(parameters))


@st.cache_data(max_entries=256, show_spinner=False)
def _cached(path: str, sql: str, parameters: tuple[Any, ...]) -> pd.DataFrame:
    return _run(path, sql, parameters)


def _run(path: str, sql: str, parameters: tuple[Any, ...]) -> pd.DataFrame:
    try:
        with _database(path).cursor() as cursor:
            return cursor.execute(sql, list(parameters)).df()
    except (duckdb.CatalogException, duckdb.BinderException) as missing:
        log.warning("The publication %s lacks something that a page needs: %s", path, missing)
        raise TableMissing(str(missing).split("\n", 1)[0]) from missing
    except (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException) as bad:
        log.warning("The publication %s cannot be read: %s", path, bad)
        _database.clear()
        raise PublicationDamaged(path) from bad


def one(sql: str, parameters: Iterable[Any] = ()) -> dict[str, Any]:
    """The only row of a query as a dictionary, empty when there is none."""
    found = rows(sql, parameters)
    return {} if found.empty else {str(key): value for key, value in found.iloc[0].to_dict().items()}
