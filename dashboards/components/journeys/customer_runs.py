"""In which journeys a customer is or was, where they stand, since when and why."""

from __future__ import annotations

from dashboards.components import cards, html, palette
from dashboards.components.empty_states import empty, guarded_card
from dashboards.components.i18n import NOTHING, day, language, t
from dashboards.components.journeys import wording
from dashboards.queries import journeys
from serving.journeys.runs import Run


def card(customer_id: str) -> None:
    """Draw the card."""
    with cards.card("customer_journeys", t("customer_journeys.title"), stretch=False), guarded_card():
        found = journeys.runs_of(customer_id)
        if not found:
            empty(t("customer_journeys.none"))
            return
        html.table(
            [t(f"customer_journeys.{name}") for name in ("journey", "stands", "since", "why", "entered")],
            [_line(one) for one in found],
            left=5,
            wraps=True,
        )


def _line(run: Run) -> list[object]:
    query = {"journey": run.journey_id, "lang": language()}
    if run.is_live:
        stands: object = html.Pill(f"{wording.kind(run.kind)} · {run.step}", palette.JADE)
    else:
        stands = t("customer_journeys.over")
    is_at_door = run.cause == "held_out" and not run.last_step
    return [
        html.Link(wording.title_of(run.journey_id), "journeys", query),
        stands,
        day(run.since),
        wording.cause(run.cause, run.detail),
        NOTHING if is_at_door else day(run.entered_at),
    ]
