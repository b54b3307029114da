"""The published copy as pages see it: which one is current, and answers of `serving` out of it.

The pointer is read for every question, so a new publication is seen on the next click; each publication is opened once
per process and shared, with a cursor of its own for every question.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from serving.published_copy import NoPublication, PublicationDamaged, PublishedCopy
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.publication_files.channel_titles import read_channel_titles
from stores.settings import Settings, load_settings
from stores.warehouse import Publication, current_publication, read_gate_state

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

_SECONDS = 60.0


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
        raise NoPublication(settings())
    return current


def gate_state() -> dict[str, Any] | None:
    """What the last gates said, None before the first run or when the file cannot be read."""
    try:
        return read_gate_state(settings())
    except UserError as damaged:
        log.warning("%s", damaged)
        return None


def channel_titles() -> dict[str, tuple[str, str]]:
    """What channels are called, Chinese and English, by name; empty where nothing is published."""
    try:
        return _titles(str(publication().path))
    except UserError:
        return {}


@st.cache_data(max_entries=4, show_spinner=False)
def _titles(path: str) -> dict[str, tuple[str, str]]:
    """Kept as long as the publication of this path is the current one."""
    return read_channel_titles(settings())


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(path: str) -> PublishedCopy:
    return PublishedCopy(Path(path), _SECONDS)


def cached(question: Callable[Concatenate[PublishedCopy, P], T]) -> Callable[P, T]:
    """A question of `serving`, asked of the current publication; the answer is kept as long as it is asked of that one.

    Args:
        question: takes the publication first, then hashable values.
    """

    @functools.wraps(question)
    def ask(*values: P.args, **named: P.kwargs) -> T:
        name = f"{question.__module__}.{question.__qualname__}"
        answer: T = _kept(str(publication().path), name, question, values, named)
        return answer

    return ask


def uncached(question: Callable[Concatenate[PublishedCopy, P], T]) -> Callable[P, T]:
    """Like `cached`, but nothing of it is kept: for what people type into the search box."""

    @functools.wraps(question)
    def ask(*values: P.args, **named: P.kwargs) -> T:
        answer: T = _ask(str(publication().path), question, values, named)
        return answer

    return ask


@st.cache_data(max_entries=256, show_spinner=False)
def _kept(path: str, name: str, _question: Callable[..., Any], values: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return _ask(path, _question, values, named)


def _ask(path: str, question: Callable[..., Any], values: tuple[Any, ...], named: dict[str, Any]) -> Any:
    try:
        with _opened(path).beside() as published:
            return question(published, *values, **named)
    except PublicationDamaged:
        _opened.clear()
        raise
