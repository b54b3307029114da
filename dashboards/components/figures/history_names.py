"""What movements, cohorts and sizes of former days are called in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dashboards.components import palette
from dashboards.components.i18n import catalogue, day, month, t, term
from dashboards.queries.insight import histories

# Of each kind the group of words, and colours where pages have them.
_GROUPS = {
    "stage": "stage", "segment_8": "rfm8", "segment_11": "rfm11", "value_tier": "value_tier", "loyalty_tier": "loyalty",
    "quadrant": "quadrant",
}  # fmt: skip
_COLOURS = {
    "stage": palette.STAGES, "quadrant": palette.QUADRANTS, "loyalty_tier": palette.LOYALTY, "abc_class": palette.ABC,
}  # fmt: skip


def of_kind(kind: str, segments: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Names of the segments of a kind in their order, and the colours that they have on other pages.

    Args:
        kind: one of `KINDS`.
        segments: codes that occur; those without a word come last, called as they are.
    """
    known = [*histories.BASE] if kind == "base" else _in_order(kind)
    codes = dict.fromkeys([*known, *sorted(set(segments) - set(known))])
    return {code: of_segment(kind, code) for code in codes}, dict(_COLOURS.get(kind, {}))


def of_segment(kind: str, code: str) -> str:
    """What a segment is called, such as dormant of the kind stage."""
    if kind == "base":
        return term("size_base", code)
    return term(_GROUPS[kind], code) if kind in _GROUPS else t("figure.value_class.of", name=code)


def of_members(figure: str, which: str) -> str:
    """What the members of a figure of `serving.figures.history_members` are called."""
    parts = which.split(".")
    match figure:
        case "went":
            return t("figure.went.of", way=term("way", parts[0]), month=month(date.fromisoformat(parts[1])))
        case "steps":
            since = day(date.fromisoformat(parts[2]))
            return t("figure.steps.of", before=term("stage", parts[0]), after=term("stage", parts[1]), since=since)
        case "cohort_buyers":
            return t("figure.cohort_buyers.of", month=month(date.fromisoformat(parts[0])), later=parts[1])
        case "quadrant_moved":
            before, now = (term("quadrant", code) for code in parts[:2])
            return t("figure.quadrant_moved.of", before=before, now=now)
        case "taken_for":
            said = of_segment(parts[0], parts[1])
            return t("figure.taken_for.of", name=said, day=day(date.fromisoformat(parts[2])))
    return term("stage", which)


def _in_order(kind: str) -> list[str]:
    """The codes of a kind in the order of the app's words."""
    if kind == "abc_class":
        return ["A", "B", "C"]
    start = f"{_GROUPS[kind]}."
    return [key.removeprefix(start) for key in catalogue("en") if key.startswith(start)]
