"""What a fitted model says, as rows of the tables in the lake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from intelligence.lifetime.fitted_model import DECIDING_DAYS, LifetimeModel
from intelligence.lifetime.forecast import forecast, next_purchase
from intelligence.lifetime.judgement import Figure, Judgement
from intelligence.lifetime.purchase_summary import Floats
from intelligence.lifetime.purchase_tables import Buyers
from intelligence.lifetime.results import CALIBRATION, FIGURES, FORECASTS, HORIZONS, MODELS, SCHEMAS

# Beyond this a day says nothing any more.
_MOST_DAYS = 3650


def forecasts(model: LifetimeModel, buyers: Buyers, day: date) -> pa.Table:
    """A row for each buyer; what is not known is null.

    Args:
        model: fitted on or before the day.
        buyers: everybody who bought until then.
        day: the day of the forecast.
    """
    many = len(buyers.summary)
    columns: dict[str, Any] = {
        "customer_id": buyers.customer_id,
        "model": pa.array([model.kind], pa.string()).take(pa.array(np.zeros(many, dtype=np.int64))),
        "model_version": pa.array([model.version]).take(pa.array(np.zeros(many, dtype=np.int64))),
        "purchases": buyers.purchases,
        "average_amount": _known(np.where(buyers.summary.spend_count > 0, buyers.summary.spend, np.nan), 2),
        "first_purchase_day": buyers.first_day,
        "last_purchase_day": buyers.last_day,
        "as_of": pa.array([day]).take(pa.array(np.zeros(many, dtype=np.int64))),
    }
    purchases, value = np.zeros(many), np.zeros(many)
    for days in HORIZONS:
        found = forecast(model.fitted[days], buyers.summary, days, model.report_for(days))
        # each horizon has a season and cohorts of its own: a longer one never says less than a shorter one
        purchases, value = np.maximum(purchases, found.purchases), np.maximum(value, found.spend)
        columns[f"expected_purchases_{days}d"] = _known(purchases, 4)
        columns[f"expected_value_{days}d"] = _known(value, 2)
        columns["probability_alive"] = _known(found.alive, 4)
    columns |= _next_days(model, buyers, day)
    schema = SCHEMAS[FORECASTS]
    return pa.table([columns[name] for name in schema.names], names=schema.names).cast(schema)


def about(model: LifetimeModel) -> dict[str, pa.Table]:
    """The rows about the model itself, by table; that of models last."""
    return {
        FIGURES: _table(FIGURES, list(_figures(model))),
        CALIBRATION: _table(CALIBRATION, list(_calibration(model))),
        MODELS: _table(MODELS, [_model(model)]),
    }


def _next_days(model: LifetimeModel, buyers: Buyers, day: date) -> dict[str, pa.Array]:
    """When each buyer buys next; null where the model ranks nobody, so that it says nothing of a single one."""
    found = next_purchase(model.fitted[DECIDING_DAYS], buyers.summary)
    days = {
        "next_purchase_day": found.median, "next_purchase_from": found.low, "next_purchase_until": found.high,
    }  # fmt: skip
    has_ranking = model.deciding.has_ranking
    return {
        name: _days_from(day, value if has_ranking else np.full(len(value), np.nan)) for name, value in days.items()
    }


def _days_from(day: date, days: Floats) -> pa.Array:
    """Days as dates, the first of them the day after; null where unknown or too far away to say."""
    is_known = days <= _MOST_DAYS  # not of NaN
    whole = np.where(is_known, np.maximum(np.ceil(np.where(is_known, days, 0)), 1), 0).astype("timedelta64[D]")
    return pa.array(np.datetime64(day) + whole, pa.date32(), mask=~is_known)


def _known(values: Floats, digits: int) -> pa.Array:
    rounded: NDArray[np.float64] = np.round(values, digits)
    return pa.array(rounded, mask=np.isnan(rounded))


def _model(model: LifetimeModel) -> dict[str, Any]:
    fitted = model.fitted[DECIDING_DAYS]
    return {
        "model_version": model.version,
        "model": model.kind,
        "reason": model.deciding.because,
        "decided_by_days": DECIDING_DAYS,
        "customers": model.size.customers,
        "purchases": model.size.purchases,
        "has_ranking": model.deciding.has_ranking,
        **{name: getattr(fitted.rate, name, None) for name in ("r", "alpha", "a", "b")},
        **{name: getattr(fitted.spend, name, None) for name in ("p", "q", "v")},
        **{f"season_{days}d": model.fitted[days].season for days in HORIZONS},
        "correlation": model.deciding.correlation,
        "fitted_on": model.fitted_on,
    }


def _judged(model: LifetimeModel) -> Iterator[tuple[dict[str, Any], Judgement]]:
    """The judgements of a model and of cohort rates, with what says which."""
    for days, report in model.reports.items():
        for name, judgement in (("mbg_nbd", report.model), ("cohort_rates", report.cohorts)):
            if judgement:
                yield {
                    "model_version": model.version, "horizon_days": days, "judged_days": report.days, "model": name,
                    "fitted_on": model.fitted_on,
                }, judgement  # fmt: skip


def _figures(model: LifetimeModel) -> Iterator[dict[str, Any]]:
    for which, judgement in _judged(model):
        for one in fields(judgement):
            figure = getattr(judgement, one.name)
            if isinstance(figure, Figure):
                yield {
                    **which, "figure": one.name, "customers": judgement.customers,
                    **{name: _or_null(getattr(figure, name)) for name in ("value", "low", "high")},
                }  # fmt: skip


def _calibration(model: LifetimeModel) -> Iterator[dict[str, Any]]:
    for which, judgement in _judged(model):
        for decile, (expected, made) in enumerate(judgement.calibration, start=1):
            yield {**which, "decile": decile, "expected_purchases": expected, "made_purchases": made}


def _or_null(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _table(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMAS[table])
