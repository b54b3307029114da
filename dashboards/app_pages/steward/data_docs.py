"""数据文档: every published table with its columns, tests, SQL and lineage, as the last build has them."""

from __future__ import annotations

import streamlit as st

from dashboards.components import address, cards, empty_states
from dashboards.components.html import badge, badges, escape, facts, table
from dashboards.components.i18n import NOTHING, is_chinese, number, t, term
from dashboards.components.palette import GREY, JADE
from dashboards.queries import model_docs
from dashboards.queries.model_docs import Node

PAGE = {"title": "page.data_docs", "icon": ":material/menu_book:", "order": 70}

_LINKS = 40


def main() -> None:
    """Draw the page: the search, and the chosen table."""
    cards.page_head(t("page.data_docs"), t("docs.subtitle"))
    try:
        known = model_docs.nodes()
    except model_docs.NothingBuilt:
        with st.container(border=True, key="card_unbuilt"):
            empty_states.empty(t("docs.none"), t("docs.none.text"))
            st.code(".venv/bin/guanxi run", language="bash")
        return
    chosen = _search(known)
    if chosen:
        _table(chosen, known)
    _site()


def _search(known: dict[str, Node]) -> Node | None:
    with cards.card("search", t("docs.search"), stretch=False):
        st.session_state["docs_words"] = st.query_params.get("q", "")
        words = st.text_input(
            t("docs.search"),
            key="docs_words",
            placeholder=t("docs.placeholder"),
            icon=":material/search:",
            label_visibility="collapsed",
            on_change=_searched,
        )
        every = address.switch(t("docs.every"), "every")
        found = {node.node_id: node for node in model_docs.search(known, words, published_only=not every)}
        asked = st.query_params.get("model", "")
        if asked in known and asked not in found and not words:
            found = {asked: known[asked], **found}
        if not found:
            empty_states.empty(t("docs.nothing"), t("docs.nothing.text"))
            return None
        names = {node_id: _name(node) for node_id, node in found.items()}
        chosen: str = address.choice(
            st.selectbox,
            t("docs.found", count=number(len(found))),
            list(names),
            key="model",
            default=next(iter(names)),
            format_func=names.__getitem__,
        )
    return found[chosen]


def _searched() -> None:
    """The words into the address; what was chosen before is left, so that the first one found is shown."""
    address.note("q", st.session_state["docs_words"].strip() or None)
    address.note("model", None)


def _table(node: Node, known: dict[str, Node]) -> None:
    with cards.card("model", _name(node), term("docs_kind", node.kind), stretch=False):
        seen = t("docs.published") if node.is_published else t("docs.internal")
        badges([badge(seen, JADE if node.is_published else GREY, off=not node.is_published)])
        for said in _meanings(node):
            st.html(f'<p class="gx-rule">{escape(said)}</p>')
        st.html(facts([(t("docs.file"), node.file or NOTHING), (t("docs.materialized"), node.materialized or NOTHING)]))
    left, right = st.columns([3, 2])
    with left, cards.card("columns", t("docs.columns", count=number(len(node.columns))), stretch=False):
        if node.columns:
            header = [t("docs.column"), t("docs.type"), t("docs.description")]
            lines = [(name, kind, _meaning(text) or NOTHING) for name, kind, text in node.columns]
            table(header, lines, left=3, wraps=True)
        else:
            empty_states.empty(t("docs.undescribed"))
    with right:
        _lineage("parents", node.parents, known)
        _lineage("children", node.children, known)
        with cards.card("tests", t("docs.tests", count=number(len(node.tests))), stretch=False):
            if node.tests:
                table([t("docs.test"), t("docs.allowed")], node.tests, left=2, wraps=True)
            else:
                empty_states.empty(t("docs.tests.none"))
    if node.sql:
        with cards.card("sql", t("docs.sql"), t("docs.sql.note"), stretch=False):
            st.code(node.sql, language="sql", height=460 if node.sql.count("\n") > 24 else "content")


def _name(node: Node) -> str:
    """The name of a table, for a Chinese reader with its Chinese one."""
    return f"{node.name} · {node.name_zh}" if is_chinese() and node.name_zh else node.name


def _meaning(description: str) -> str:
    return model_docs.chinese_first(description) if is_chinese() else description


def _meanings(node: Node) -> list[str]:
    """The description of a table, for a Chinese reader the Chinese one before it where there is one."""
    in_chinese = [node.description_zh] if is_chinese() and node.description_zh else []
    return [*in_chinese, _meaning(node.description) or t("docs.undescribed")]


def _lineage(side: str, ids: tuple[str, ...], known: dict[str, Node]) -> None:
    title = t("docs.parents") if side == "parents" else t("docs.children")
    with cards.card(side, title, number(len(ids)), stretch=False):
        if not ids:
            st.caption(t("docs.lineage.none"))
        with st.container(horizontal=True, gap="small"):
            for node_id in ids[:_LINKS]:
                key, label = f"{side}_{node_id}", known[node_id].name
                st.button(label, key=key, type="tertiary", on_click=_open, args=(node_id,))
        if len(ids) > _LINKS:
            st.caption(t("docs.lineage.first", shown=number(_LINKS), total=number(len(ids))))


def _open(node_id: str) -> None:
    address.note("q", None)
    address.note("model", node_id)


def _site() -> None:
    with cards.card("site", t("docs.site"), stretch=False):
        if model_docs.site():
            st.link_button(t("docs.site.open"), "/dbt-docs/index.html", icon=":material/open_in_new:")
        else:
            st.caption(t("docs.site.none"))
            st.code(".venv/bin/guanxi dbt docs generate", language="bash")


main()
