"""The pages of a list of members that is too long for one; which one is shown stands in the address."""

from __future__ import annotations

import hashlib
import math

import streamlit as st

from dashboards.components import address
from dashboards.components.i18n import number, t
from dashboards.queries import segments

_NAME = "members_page"


def chosen(key: str, total: int) -> tuple[int, int]:
    """Which page is shown, and how many there are.

    Args:
        key: of the audience; a page that the address says of another one does not count.
        total: how many members there are.
    """
    pages = max(1, math.ceil(total / segments.MEMBERS_SHOWN))
    page, _, of = st.query_params.get(_NAME, "").partition("-")
    asked = int(page) if of == _of(key) and page.isascii() and page.isdigit() else 1
    return min(max(asked, 1), pages), pages


def shown(page: int, total: int) -> str:
    """Which members the page has, by net revenue."""
    first = (page - 1) * segments.MEMBERS_SHOWN + 1
    return t("members.shown", first=number(first), last=number(min(total, first + segments.MEMBERS_SHOWN - 1)))


def draw(key: str, page: int, pages: int) -> None:
    """Draw the way to the page before and after; nothing where there is one page.

    Args:
        key: of the audience.
        page: that is shown.
        pages: how many there are.
    """
    if pages == 1:
        return
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        _button(key, t("members.before"), "chevron_left", page - 1, pages)
        st.caption(t("members.page", page=number(page), pages=number(pages)), width="content")
        _button(key, t("members.after"), "chevron_right", page + 1, pages)


def _button(key: str, label: str, icon: str, to: int, pages: int) -> None:
    st.button(
        label,
        key=f"{icon}_{key}",
        icon=f":material/{icon}:",
        on_click=_go,
        args=(key, to),
        disabled=not 1 <= to <= pages,
    )


def _go(key: str, page: int) -> None:
    address.note(_NAME, f"{page}-{_of(key)}" if page > 1 else None)


def _of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:6]
