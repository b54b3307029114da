"""What is around every page: window title, styles, logo, language, and which publication is being read."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.components import address, palette
from dashboards.components.html import escape
from dashboards.components.i18n import DEFAULT_LANGUAGE, LANGUAGES, day, moment, t
from dashboards.queries import published_copy
from stores.errors import UserError

_HERE = Path(__file__).resolve().parent


def open_page() -> None:
    """Set up the window; the first thing a run does.

    The language is the one that the reader chose, else that of `?lang=en` in the address, else the browser's. A choice
    is kept in the address, so that it outlives a reload.
    """
    # Streamlit drops a widget's value on the way to another page, so the choice is kept under a name of its own too.
    state = st.session_state
    of_browser = _language_of_browser()
    chosen = state.get("language") or state.get("language_kept") or st.query_params.get("lang")
    state["language"] = state["language_kept"] = chosen if chosen in LANGUAGES else of_browser
    address.note("lang", state["language"] if state["language"] != of_browser else None)
    st.set_page_config(page_title=t("app.title"), page_icon=str(_HERE / "mark.svg"), layout="wide")
    st.html(_HERE / "theme.css")
    st.logo(
        str(_HERE / ("logo_dark.svg" if palette.is_dark() else "logo.svg")),
        size="large",
        icon_image=str(_HERE / "mark.svg"),
    )


def _language_of_browser() -> str:
    """The language that the reader's browser asks for; English where it is none of ours."""
    locale = st.context.locale
    if not locale:
        return DEFAULT_LANGUAGE
    return "zh_CN" if locale.lower().startswith("zh") else "en"


def sidebar() -> None:
    """Language switch and the publication that the pages show."""
    with st.sidebar:
        st.segmented_control(
            t("app.language"),
            list(LANGUAGES),
            format_func=lambda code: LANGUAGES[code],
            key="language",
            required=True,
            label_visibility="collapsed",
        )
        st.html(f'<div class="gx-side">{_publication_line()}</div>')


def _publication_line() -> str:
    try:
        current = published_copy.publication()
    except (published_copy.NoPublication, UserError):
        return escape(t("publication.none"))
    return (
        f"{escape(t('publication.as_of'))}<br><b>{escape(day(current.as_of))}</b><br>"
        f"{escape(t('publication.published_at'))}<br><b>{escape(moment(current.published_at))}</b>"
    )
