"""What tags are called in the reader's language."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.components.i18n import is_chinese, t
from dashboards.queries.insight import tags


def title(row: Any) -> str:
    """A tag, with its value where it has several.

    Args:
        row: with name_zh, name_en, value, value_zh and value_en.
    """
    name = str(row.name_zh if is_chinese() else row.name_en)
    if pd.isna(row.value):
        return name
    value = row.value_zh if is_chinese() else row.value_en
    return t("tags.with_value", name=name, value=row.value if pd.isna(value) else value)


def of_members(which: str) -> str | None:
    """The name of `<tag>` or `<tag>.<value>`, None where there is no such tag."""
    tag, _, value = which.partition(".")
    for row in tags.names(tag).itertuples():
        if value in ("", "" if pd.isna(row.value) else row.value):
            return title(row) if value or pd.isna(row.value) else str(row.name_zh if is_chinese() else row.name_en)
    return None
