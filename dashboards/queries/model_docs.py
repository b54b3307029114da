"""What the last whole build says of its tables: descriptions, columns, tests, SQL, lineage.

Read from the manifest that dbt left; nothing is built for a page.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.queries.published_copy import settings
from stores.errors import UserError

SITE_FILES = ("index.html", "manifest.json", "catalog.json")
_SHOWN = ("model", "seed", "source")
# What a thing is called in Chinese, as descriptions have it: "Loyalty tier (忠诚度, seed loyalty_tiers)".
_CHINESE_NAME = re.compile(r" ?\((?P<name>[^()]*?[\u4e00-\u9fff][^()]*?)(?:[,;] (?P<more>[^()]*))?\)")


class NothingBuilt(UserError):
    """No build has left a manifest yet."""


@dataclass(frozen=True)
class Node:
    """A table of the dbt project.

    Attributes:
        node_id: dbt's unique id.
        name: its name, with schema.
        name_zh: what it is called in Chinese; empty where nobody said it.
        kind: model, seed or source.
        is_published: whether readers of the publication see it.
        description: of the table.
        description_zh: a whole one in Chinese, of a segment; empty for others.
        columns: name, type and description of each column that is described.
        tests: each test that looks at it: its name, and what it checks.
        sql: of a model, as it stands in the project; empty for others.
        file: below the dbt project.
        materialized: how it is built.
        parents: ids of what it is made from.
        children: ids of what is made from it.
    """

    node_id: str
    name: str
    name_zh: str
    kind: str
    is_published: bool
    description: str
    description_zh: str
    columns: tuple[tuple[str, str, str], ...]
    tests: tuple[tuple[str, str], ...]
    sql: str
    file: str
    materialized: str
    parents: tuple[str, ...]
    children: tuple[str, ...]


def nodes() -> dict[str, Node]:
    """Every model, seed and source of the last build by its id, by name; kept as long as the manifest stays.

    Raises:
        NothingBuilt: there is no manifest yet.
        UserError: it cannot be read.
    """
    manifest = settings().build_state / "dbt" / "production" / "manifest.json"
    try:
        changed = manifest.stat().st_mtime_ns
    except FileNotFoundError as missing:
        raise NothingBuilt("Nothing was built yet. Run `guanxi run`.") from missing
    try:
        found: dict[str, Node] = _read(str(manifest), changed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as damaged:
        raise UserError(f"{manifest.name} of the last build is damaged. Run `guanxi run --full`.") from damaged
    return found


def search(known: dict[str, Node], words: str, published_only: bool) -> list[Node]:
    """The tables whose name, description or columns have all of these words; those named so first.

    Args:
        known: of `nodes`.
        words: in any order; none finds all.
        published_only: leave out what readers of the publication do not see.
    """
    asked = words.casefold().split()
    found = [
        node
        for node in known.values()
        if (node.is_published or not published_only) and all(word in _text(node) for word in asked)
    ]
    return sorted(found, key=lambda node: not all(word in node.name.casefold() for word in asked))


def chinese_first(description: str) -> str:
    """A description with the Chinese name that stands in its brackets before it; as it is where it has none.

    Args:
        description: of a table or column.
    """
    found = _CHINESE_NAME.search(description)
    if not found:
        return description
    more = f" ({found['more']})" if found["more"] else ""
    return f"{found['name']}：{description[: found.start()]}{more}{description[found.end() :]}"


def site() -> Path | None:
    """The folder of dbt's own documentation, where `guanxi dbt docs generate` has made one."""
    folder = settings().build_state / "dbt" / "docs"
    return folder if all((folder / name).is_file() for name in SITE_FILES) else None


def _text(node: Node) -> str:
    columns = " ".join(f"{name} {description}" for name, _, description in node.columns)
    return f"{node.name} {node.name_zh} {node.description} {node.description_zh} {columns}".casefold()


@st.cache_resource(max_entries=2, show_spinner=False)
def _read(path: str, _changed: int) -> dict[str, Node]:
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    tests = _tests(document)
    every = {**document["nodes"], **document["sources"]}
    shown = {one: node for one, node in every.items() if node["resource_type"] in _SHOWN}
    found = [_node(document, one, node, shown, tests.get(one, [])) for one, node in shown.items()]
    return {node.node_id: node for node in sorted(found, key=lambda node: (not node.is_published, node.name))}


def _node(
    document: dict[str, Any], node_id: str, node: dict[str, Any], shown: dict[str, Any], tests: list[tuple[str, str]]
) -> Node:
    columns = [
        (str(one["name"]), str(one.get("data_type") or ""), _line(one.get("description")))
        for one in node["columns"].values()
    ]
    meta = node.get("config", {}).get("meta") or {}
    named = _CHINESE_NAME.search(_line(node.get("description")))
    around = (document[name].get(node_id, []) for name in ("parent_map", "child_map"))
    parents, children = (tuple(sorted(one for one in ids if one in shown)) for ids in around)
    return Node(
        node_id=node_id,
        name=f"{node['schema']}.{node['name']}",
        name_zh=str(meta.get("name_zh") or (named["name"] if named else "")),
        kind=node["resource_type"],
        is_published=node.get("access") == "public",
        description=_line(node.get("description")),
        description_zh=_line(meta.get("description_zh")),
        columns=tuple(columns),
        tests=tuple(tests),
        sql=str(node.get("raw_code") or "").strip() if node["resource_type"] == "model" else "",
        file=str(node.get("original_file_path") or ""),
        materialized=str(node.get("config", {}).get("materialized") or ""),
        parents=parents,
        children=children,
    )


def _tests(document: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Of each node the tests that look at it: rules of columns one by one, tests of SQL, unit tests."""
    found: dict[str, list[tuple[str, str]]] = {}
    for node in document["nodes"].values():
        if node["resource_type"] != "test":
            continue
        told = _rules(node) or [(str(node["name"]).replace("_", " "), "")]
        for looked_at in [node["attached_node"]] if node.get("attached_node") else node["depends_on"]["nodes"]:
            found.setdefault(looked_at, []).extend(told)
    for one in document.get("unit_tests", {}).values():
        for looked_at in one["depends_on"]["nodes"][:1]:
            found.setdefault(looked_at, []).append((str(one["name"]).replace("_", " "), ""))
    return found


def _rules(test: dict[str, Any]) -> list[tuple[str, str]]:
    rules = (test.get("test_metadata") or {}).get("kwargs") or {}
    told = []
    for rule in ("not_null", "unique", "accepted_values", "relationships"):
        for column in rules.get(rule) or []:
            name = " + ".join(column) if isinstance(column, list) else str(column)
            said = rules[rule][column] if isinstance(rules[rule], dict) else ""
            if isinstance(said, dict):
                said = f"{said.get('to')}.{said.get('field')}"
            told.append(
                (
                    f"{rule.replace('_', ' ')}: {name}",
                    ", ".join(map(str, said)) if isinstance(said, list) else str(said),
                )
            )
    return told


def _line(text: Any) -> str:
    return " ".join(str(text or "").split())
