"""What a figure that has members is called in the reader's language."""

from __future__ import annotations

from datetime import date

from dashboards.components.figures import campaign_names, history_names, journey_names, tag_names
from dashboards.components.i18n import day, is_chinese, t, term
from dashboards.queries import figures, overview, segments
from dashboards.queries.insight import lifetime
from serving.figures.filters import Filters

_ANY_DAYS = Filters(date.min, date.max)
_WITHOUT_KINDS = (
    "customers", "new_customers", "active_customers", "buyers", "kept_buyers", "repeat_buyers", "interactions",
    "complaints", "merged",
)  # fmt: skip


def name(figure: str, which: str) -> str | None:
    """The name, None where there is no such figure.

    Args:
        figure: a key of `FIGURES`, or what an address says instead.
        which: one of its kind.
    """
    if figure not in figures.FIGURES:
        return None
    try:
        figures.audience(figure, _ANY_DAYS, which)
    except ValueError:
        return None
    if figure in _WITHOUT_KINDS:
        return None if which else t(f"figure.{figure}")
    return _of_its_kind(figure, which) if which else None


def _of_its_kind(figure: str, which: str) -> str | None:
    parts = which.split(".")
    match figure:
        case "stage" | "quadrant":
            return term(figure, which)
        case "rfm":
            return rfm_name(which)
        case "rfm_cell":
            return t("rfm.cell", r=which[0], f=which[2])
        case "value_class":
            return t("figure.value_class.of", name=which)
        case "tier":
            return t("figure.tier.of", tier=term("value_tier", parts[0]), loyalty=term("loyalty", parts[1]))
        case "segment":
            return next((_title(one) for one in segments.named_segments() if one.name == which), None)
        case "tag":
            return tag_names.of_members(which)
        case "tag_family":
            return tag_names.of_family(which)
        case "forecast" | "no_forecast":
            return lifetime_name(figure, which)
        case "forecast_tenth":
            return t("figure.forecast_tenth.of", number=which)
        case "moved":
            before = term("stage", parts[0] or "unknown")
            return t(
                "figure.moved.of", before=before, after=term("stage", parts[1]), day=day(date.fromisoformat(parts[2]))
            )
        case "stage_on":
            return t("figure.stage_on.of", stage=term("stage", parts[0]), day=day(date.fromisoformat(parts[1])))
        case "went" | "steps" | "dwelling" | "cohort_buyers" | "quadrant_moved" | "taken_for":
            return history_names.of_members(figure, which)
        case "plan":
            return t("figure.plan.of", name=term("reason", parts[-1]))
        case "campaign_plan":
            return campaign_names.planned(which)
        case "campaign_audience":
            return campaign_names.audience(which)
        case "messages":
            return campaign_names.messages(which)
        case "holdouts":
            return campaign_names.holdouts(which)
        case "journey_runs" | "journey_step" | "journey_ends" | "journey_tasks":
            return journey_names.of_members(figure, which)
    return None


def rfm_name(code: str) -> str:
    """What one of the eight segments is called; in Chinese the rules say it."""
    if is_chinese():
        found = overview.rfm_segments()
        named = dict(zip(found["segment_8"], found["segment_8_zh"], strict=True))
        return str(named.get(code, code))
    return term("rfm8", code)


def _title(segment: segments.NamedSegment) -> str:
    return segment.name_zh if is_chinese() else segment.name_en


def lifetime_name(figure: str, which: str) -> str | None:
    """Whose purchases are forecast by a model, or are not for a reason; None where there is no such code."""
    known = lifetime.names().get(which)
    return t(f"figure.{figure}.of", name=known[0 if is_chinese() else 1]) if known else None
