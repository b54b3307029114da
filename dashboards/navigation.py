"""Finds the pages: every `app_pages/<section>/<page>.py` that begins with a `PAGE` header is one.

The header is a plain dictionary at the top of the file, read without running the page:

    PAGE = {"title": "page.overview", "icon": ":material/monitoring:", "order": 10}

A page that only links lead to says `"hidden": True` and is not in the menu. One that asks much, and nothing that is
written down as somebody's look, says `"prepared": True` (see `first_looks.py`).

`title` is a text key of the locale files; the section's title is the key `section.<folder>`. Pages and sections stand
in the order of `order`; the first page is where the app opens.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from dashboards.components.i18n import t

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

PAGES_FOLDER = Path(__file__).resolve().parent / "app_pages"
CUSTOMER_PAGE = PAGES_FOLDER / "insight" / "customer.py"
OVERVIEW_PAGE = PAGES_FOLDER / "insight" / "overview.py"
SEGMENTS_PAGE = PAGES_FOLDER / "insight" / "segments.py"
MEMBERS_PAGE = PAGES_FOLDER / "insight" / "members.py"


@dataclass(frozen=True)
class PageHeader:
    """What the header of a page file says, and where the file is."""

    path: Path
    section: str
    title: str
    icon: str
    order: int
    hidden: bool = False
    prepared: bool = False


@lru_cache(maxsize=1)
def discover(folder: Path = PAGES_FOLDER) -> tuple[PageHeader, ...]:
    """Headers of all pages below `folder`, in their order.

    Raises:
        ValueError: a page file has no `PAGE` header, or one that lacks a field.
    """
    headers = [_read_header(path) for path in folder.glob("*/*.py") if not path.name.startswith("_")]
    return tuple(sorted(headers, key=lambda header: (header.order, header.path.stem)))


def _read_header(path: Path) -> PageHeader:
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "PAGE" for target in statement.targets
        ):
            fields = ast.literal_eval(statement.value)
            try:
                return PageHeader(
                    path, path.parent.name, fields["title"], fields["icon"], int(fields["order"]),
                    bool(fields.get("hidden")), bool(fields.get("prepared")),
                )  # fmt: skip
            except KeyError as missing:
                raise ValueError(f"{path}: the PAGE header lacks {missing}") from missing
    raise ValueError(f'{path}: no PAGE header; write PAGE = {{"title": …, "icon": …, "order": …}} at the top')


def pages_by_section() -> dict[str, list[StreamlitPage]]:
    """The pages for `st.navigation`, titled in the reader's language."""
    sections: dict[str, list[StreamlitPage]] = {}
    for position, header in enumerate(discover()):
        page = st.Page(
            header.path,
            title=t(header.title),
            icon=header.icon,
            url_path=header.path.stem,
            default=position == 0,
            visibility="hidden" if header.hidden else "visible",
        )
        sections.setdefault(t(f"section.{header.section}"), []).append(page)
    return sections


def open_customer(customer_id: str) -> NoReturn:
    """Leave for the customer page of `customer_id`; a search that led here is over."""
    st.session_state["search"] = None
    st.switch_page(CUSTOMER_PAGE, query_params={"id": customer_id})
