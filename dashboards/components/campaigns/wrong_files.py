"""Campaign and journey files that have mistakes: said above the list of the others, which go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from dashboards.components import html, palette, refusals
from dashboards.components.i18n import t


def told_apart(found: Iterable[dict[str, Any]], id_field: str) -> list[dict[str, Any]]:
    """Draw what is wrong with each file that has a mistake.

    Args:
        found: as `guanxi campaign list --json` or `guanxi journey list --json` has them.
        id_field: what their id is called in it.

    Returns:
        The others.
    """
    right = []
    for one in found:
        if one["state"] != "wrong_file":
            right.append(one)
            continue
        said = t("engage.wrong_file", name=one[id_field], mistake=refusals.in_words(one["mistake"]))
        st.html(f'<div class="gx-fail" style="--c:{palette.CORAL}">{html.escape(said)}</div>')
    return right
