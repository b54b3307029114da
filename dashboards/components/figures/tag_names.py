"""What tags are called in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.components.i18n import is_chinese, t
from dashboards.queries.insight import tags


def title(row: Mapping[str, Any]) -> str:
    """A tag, with its value where it has several.

    Args:
        row: with name_zh, name_en, value, value_zh and value_en.
    """
    if row["value"] is None:
        return in_language(row, "name")
    return t("tags.with_value", name=in_language(row, "name"), value=in_language(row, "value") or row["value"])


def in_language(row: Mapping[str, Any], name: str) -> str:
    """The text `<name>_zh` or `<name>_en` of a row; empty where it has none."""
    return row[f"{name}_zh" if is_chinese() else f"{name}_en"] or ""


def of_members(which: str) -> str | None:
    """The name of `<tag>` or `<tag>.<value>`, None where there is no such tag."""
    tag, _, value = which.partition(".")
    rows = tags.names(tag)
    if not value:
        return in_language(rows[0], "name") if rows else None
    return next((title(row) for row in rows if row["value"] == value), None)


def of_family(family: str) -> str | None:
    """What a family is called, None where there is none."""
    return next((in_language(row, "name") for row in tags.families() if row["family"] == family), None)
