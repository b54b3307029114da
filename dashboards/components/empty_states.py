"""What a page shows when there is nothing to show: nothing published yet, a damaged file, a table that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboards.components import refusals
from dashboards.components.html import escape
from dashboards.components.i18n import t
from dashboards.queries.access_log import TooManyAccesses
from serving.published_copy import NoPublication, PublicationDamaged, TableMissing
from stores.errors import UserError
from stores.lake.reader import has_data
from stores.settings import load_settings


@contextmanager
def guarded() -> Iterator[None]:
    """Run a page; what can be explained to the reader is shown in place of the page, anything else is an error."""
    try:
        yield
    except NoPublication:
        _notice("state.empty.title", t("state.empty.text"), _first_commands())
    except PublicationDamaged:
        _notice("state.damaged.title", t("state.damaged.text"), ".venv/bin/guanxi publish")
    except TableMissing as missing:
        _notice("state.old.title", t("state.old.text", what=missing.what), ".venv/bin/guanxi run")
    except TooManyAccesses:
        _notice("state.looks.title", t("state.looks.text"), None)
    except UserError as mistake:
        _notice("state.settings.title", refusals.in_words(str(mistake)), None)


@contextmanager
def guarded_card() -> Iterator[None]:
    """Fill a card; when the publication lacks the table behind it, this card says so and the rest of the page stays."""
    try:
        yield
    except TableMissing as missing:
        empty(t("state.card.title"), t("state.card.text", what=missing.what))


def empty(title: str, text: str = "") -> None:
    """A quiet note in place of a chart or a list that has no rows."""
    st.html(f'<div class="gx-empty"><b>{escape(title)}</b>{escape(text)}</div>')


def _first_commands() -> str:
    """What makes a publication: the demo only where nothing is yet that it would mix with."""
    settings = load_settings()
    run = ".venv/bin/guanxi run"
    has_own = has_data(settings.lake) or any(settings.landing.glob("*"))
    return run if has_own and not (settings.home / "demo").is_dir() else f"make demo\n# {t('state.empty.or')}\n{run}"


def _notice(title_key: str, text: str, command: str | None) -> None:
    with st.container(border=True, key="card_notice"):
        empty(t(title_key), text)
        if command:
            st.code(command, language="bash")
