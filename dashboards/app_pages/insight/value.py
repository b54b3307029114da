"""客户价值: what customers are expected to buy, which tenth brings most, and how good the model behind it is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.components import address, cards, empty_states, html, palette
from dashboards.components.charts.lifetime import calibration_chart
from dashboards.components.charts.mix import bars
from dashboards.components.figures import drill_down, filter_row
from dashboards.components.i18n import NOTHING, day, is_chinese, number, percent, t
from dashboards.components.money import compact_money, money, with_currency
from dashboards.queries import published_copy
from dashboards.queries.insight import lifetime

PAGE = {"title": "page.value", "icon": ":material/savings:", "order": 24}

_HORIZONS = ("30", "90", "365")
_FIGURES = ("total", "spend_total", "decile_share", "auc", "mae", "deviance")
_SHARES = {"decile_share"}
_CARD = ("what", "made_from", "good_for", "not_for", "assumes", "cannot")


def main() -> None:
    """Draw the page: totals, tenths, who has no forecast, and the model with how it was judged."""
    cards.page_head(t("page.value"), t("value.subtitle", as_of=day(published_copy.publication().as_of)))
    model = lifetime.model_in_use()
    without = lifetime.without_forecast()
    if not model or not model["model"]:
        empty_states.empty(t("value.none"), t("value.none.text"))
        if not without.empty:
            _without(without)
        return
    _totals(model, without)
    left, right = st.columns(2)
    with left:
        _deciles()
    with right:
        _without(without)
    _judged(model)
    _model_card(model)


def _everything() -> filter_row.Chosen:
    return filter_row.everything(published_copy.publication().as_of)


def _totals(model: Any, without: pd.DataFrame) -> None:
    by_horizon = {int(row.horizon_days): row for row in lifetime.totals().itertuples()}
    tiles = [
        cards.Tile(
            t("value.expected", days=days),
            compact_money(by_horizon[days].expected_value),
            t("value.purchases", count=number(by_horizon[days].expected_purchases)),
            t(f"value.expected.{days}"),
            colour,
        )
        for days, colour in ((90, palette.JADE), (365, palette.SKY))
    ]
    tiles.append(
        cards.Tile(
            t("value.forecast"),
            number(by_horizon[90].customers),
            "",
            t("value.forecast.text", count=number(without["customers"].sum())),
            palette.VIOLET,
            drill_down.target("forecast", _everything(), str(model["model"])),
        )
    )
    tiles.append(cards.Tile(t("value.model"), _name(model["model"]), "", _name(model["reason"]), palette.AMBER))
    cards.tiles(tiles)


def _deciles() -> None:
    with cards.card("value_deciles", t("value.deciles"), t("value.deciles.note")):
        rows = list(lifetime.deciles().itertuples())
        drawn = bars(
            [(t("value.decile", number=row.decile), float(row.expected_value), palette.JADE) for row in rows],
            with_currency(t("value.expected", days=365)),
            [str(row.decile) for row in rows],
            [int(row.customers) for row in rows],
        )
        if not drawn:
            empty_states.empty(t("value.none"), t("value.none.text"))
            return
        drill_down.chart(drawn, t("value.deciles"), "value_deciles", "forecast_tenth", _everything())
        best = rows[0]
        least = money(best.least_value)
        st.caption(t("value.deciles.why", share=percent(best.value_share), least=least, count=number(best.customers)))


def _without(without: pd.DataFrame) -> None:
    with cards.card("value_without", t("value.without"), t("value.without.note")):
        if without.empty:
            st.caption(t("value.without.nobody"))
            return
        lines = [
            [
                _name(row.reason),
                drill_down.cell(
                    number(row.customers), int(row.customers), "no_forecast", _everything(), str(row.reason)
                ),
            ]
            for row in without.itertuples()
        ]
        html.table([t("value.column.reason"), t("value.column.customers")], lines, wraps=True)
        st.caption(t("value.without.why"))


def _judged(model: Any) -> None:
    with cards.card("value_judged", t("value.judged"), t("value.judged.note"), stretch=False):
        names = {days: t("value.days", days=days) for days in _HORIZONS}
        days = address.choice(
            st.selectbox, t("value.horizon"), list(names), key="horizon", default="90", format_func=names.get
        )
        version, horizon = str(model["model_version"]), int(days)
        figures = lifetime.figures(version, horizon)
        if figures.empty:
            st.caption(t("value.not_judged"))
            return
        left, right = st.columns(2)
        with left:
            models = {name: _name(name) for name in ("mbg_nbd", "cohort_rates")}
            words = {
                "expected": t("value.calibration.expected"),
                "made": t("value.calibration.made"),
                "decile": t("value.tenth"),
            }
            drawn = calibration_chart(lifetime.calibration(version, horizon), models, words)
            if drawn:
                drill_down.chart_of_no_members(drawn, t("value.judged"), "value_calibration")
            st.caption(t("value.calibration.why"))
        with right:
            html.table(
                [t("value.column.figure"), *models.values()],
                [[_name(figure), *(_interval(figures, figure, name) for name in models)] for figure in _FIGURES],
                wraps=True,
            )
            st.caption(t("value.figures.why"))


def _interval(figures: pd.DataFrame, figure: str, model: str) -> str:
    found = figures[(figures["figure"] == figure) & (figures["model"] == model)]
    if found.empty or pd.isna(found["value"].iloc[0]):
        return NOTHING
    row = found.iloc[0]
    value, low, high = (
        percent(one) if figure in _SHARES else number(one, 2) for one in (row["value"], row["low"], row["high"])
    )
    return t("value.interval", value=value, low=low, high=high)


def _model_card(model: Any) -> None:
    with cards.card("value_model_card", t("value.card"), t("value.card.note"), stretch=False):
        known = t("value.card.known", customers=number(model["customers"]), purchases=number(model["purchases"]))
        seasons = " · ".join(f"{days}: {number(model[f'season_{days}d'], 2)}" for days in _HORIZONS)
        facts = [
            (t("value.card.version"), f"{model['model_version']} · {day(model['fitted_on'])} · {known}"),
            (t("value.card.decided"), t("value.card.decided.text", days=model["decided_by_days"])),
            (t("value.card.season"), seasons),
            *((t(f"value.card.{name}"), t(f"value.card.{name}.text")) for name in _CARD),
            (t("value.card.why"), "guanxi explain clv CUSTOMER"),
        ]
        if model["correlation"] is not None:
            facts.insert(3, (t("value.card.correlation"), number(model["correlation"], 2)))
        st.html(html.facts(facts))


def _name(term: Any) -> str:
    chinese, english = lifetime.names().get(str(term), (str(term), str(term)))
    return chinese if is_chinese() else english


main()
