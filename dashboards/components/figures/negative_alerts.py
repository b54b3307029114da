"""The card of alerts: where more scores of satisfaction were negative last week than may."""

from __future__ import annotations

import streamlit as st

from dashboards.components import cards, empty_states, html, palette
from dashboards.components.i18n import day, number, percent, t
from dashboards.queries.insight import feedback
from serving.insight.feedback import NegativeRates, NegativeWeek


def draw() -> None:
    """Draw the card: each region above the limit, or that none is."""
    with empty_states.guarded_card():
        _drawn(feedback.negative_rates())


def _drawn(found: NegativeRates) -> None:
    note = t("negative.note", limit=percent(found.limit), answers=number(found.least_answers))
    with cards.card("negative_alerts", t("negative.title"), note, stretch=False):
        if found.week_start is None or found.company is None:
            _note(t("negative.unknown"))
            return
        if not found.alerts:
            rate = percent(found.company.negative_rate)
            _note(t("negative.none", week=day(found.week_start), rate=rate, answers=number(found.company.answers)))
            return
        html.table(
            [t(f"negative.column.{name}") for name in ("where", "status", "week", "rate", "negative", "answers")],
            [
                [
                    _where(week),
                    html.Pill(t("negative.alert"), palette.CORAL),
                    day(week.week_start),
                    percent(week.negative_rate),
                    number(week.negative_answers),
                    number(week.answers),
                ]
                for week in found.alerts
            ],
            left=3,
        )


def _note(text: str) -> None:
    st.html(f'<p class="gx-note">{html.escape(text)}</p>')


def _where(week: NegativeWeek) -> str:
    if week.scope == "company":
        return t("negative.company")
    return t("negative.unknown_region") if week.region == "unknown" else week.region
