"""What a figure of a journey is called in the reader's language."""

from __future__ import annotations

from dashboards.components.i18n import t, term
from dashboards.components.journeys import wording
from serving.figures.campaign_members import parts


def of_members(figure: str, which: str) -> str:
    """The journey and what is counted of it; see `serving.figures.journey_members`."""
    journey, *narrower = parts(which, 4)
    return f"{wording.title_of(journey)} · {_said(figure, narrower)}"


def _said(figure: str, narrower: list[str]) -> str:
    match figure:
        case "journey_runs":
            return term("journey_runs", narrower[0])
        case "journey_step":
            what, _, step = narrower
            return t(f"journey_step_figure.{what}", step=step)
        case "journey_ends":
            cause, _, detail = narrower
            return wording.cause(cause, detail)
    return t("figure.journey_task.of", task=narrower[0])
