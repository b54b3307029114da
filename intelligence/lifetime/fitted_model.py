"""The fitted model as a versioned file, with what it was fitted on and how it was judged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from intelligence.lifetime.beta_geometric import BetaGeometric
from intelligence.lifetime.cohort_rates import CohortRates
from intelligence.lifetime.forecast import Fitted, Report, fit, judge_model
from intelligence.lifetime.judgement import Figure, Judgement
from intelligence.lifetime.purchase_summary import Purchases
from intelligence.lifetime.results import HORIZONS
from intelligence.lifetime.spend import GammaGamma
from stores.atomic_files import write_json

# Another number when the same purchases would give another model: those that were fitted before are fitted again.
METHOD = 1
# The horizon whose judgement decides what is forecast for all of them: a month is too short for most customers to come
# back in, and a year takes four years of purchases to be judged whole.
DECIDING_DAYS = 90
REFIT_DAYS = 7
# A model that was fitted on so much less, or more, than what is known now says little of it.
_OUTGROWN = 1.5
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Size:
    """How much a model was fitted on: customers who bought, their purchase days, and what they spent."""

    customers: int
    purchases: int
    amount: float


@dataclass(frozen=True)
class LifetimeModel:
    """What was fitted and judged on a day.

    Attributes:
        fitted_on: the day; no later purchase was looked at.
        size: of what it was fitted on.
        fitted: by horizon in days.
        reports: how it did, by horizon.
    """

    fitted_on: date
    size: Size
    fitted: Mapping[int, Fitted]
    reports: Mapping[int, Report]

    @property
    def version(self) -> str:
        """12 hex digits over everything that decides about a forecast."""
        decisive = [METHOD, self.fitted_on, self.kind, {days: asdict(one) for days, one in self.fitted.items()}]
        return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=_plain).encode()).hexdigest()[:12]

    @property
    def deciding(self) -> Report:
        """The judgement that decides what is forecast."""
        return self.reports[DECIDING_DAYS]

    @property
    def kind(self) -> str | None:
        """What is forecast: `mbg_nbd` or `cohort_rates`; None where nothing can be."""
        return {"model": "mbg_nbd", "cohort_rates": "cohort_rates"}.get(self.deciding.published)

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.fitted_on}.{self.version}"

    def report_for(self, days: int) -> Report:
        """The report by which a horizon is forecast: its own, with what the deciding one says about all of them."""
        return replace(self.reports[days], published=self.deciding.published, has_ranking=self.deciding.has_ranking)

    def is_due(self, day: date, size: Size) -> bool:
        """Whether another model is wanted on a day on which so much is known."""
        if day - self.fitted_on >= timedelta(days=REFIT_DAYS):
            return True
        pairs = zip(asdict(self.size).values(), asdict(size).values(), strict=True)
        return any(max(then, now) > _OUTGROWN * max(min(then, now), 1) for then, now in pairs)


def fit_and_judge(purchases: Purchases, day: date) -> LifetimeModel:
    """Fit the models of all horizons on the purchases until a day, and judge each on the days before it.

    Args:
        purchases: of all customers, days since 1970-01-01.
        day: the day of the forecasts.
    """
    today = (day - _EPOCH).days
    seen = purchases.until(today)
    return fitted_for(seen, day, {days: judge_model(seen, today, days) for days in HORIZONS})


def fitted_for(purchases: Purchases, day: date, reports: Mapping[int, Report]) -> LifetimeModel:
    """Fit the models of all horizons as they were judged.

    Args:
        purchases: of all customers, days since 1970-01-01; later ones are not looked at.
        day: the day of the forecasts.
        reports: of `judge_model`, by horizon.
    """
    today = (day - _EPOCH).days
    seen = purchases.until(today)
    fitted: dict[int, Fitted] = {}
    for days in HORIZONS:
        fitted[days] = fit(seen, today, days, reports[days].is_seasonal, next(iter(fitted.values()), None))
    size = Size(len(np.unique(seen.customer)), len(seen.day), float(seen.amount.sum()))
    return LifetimeModel(day, size, fitted, reports)


def keep(folder: Path, model: LifetimeModel) -> None:
    """Write a model under its day and version.

    Args:
        folder: where models are kept, `state/intelligence/lifetime`.
        model: the model.
    """
    document = {
        "version": model.version,
        "method": METHOD,
        "fitted_on": model.fitted_on.isoformat(),
        "size": asdict(model.size),
        "fitted": {days: asdict(one) for days, one in model.fitted.items()},
        "reports": {days: asdict(one) for days, one in model.reports.items()},
    }
    write_json(folder / f"model-{model.name}.json", json.loads(json.dumps(document, default=_plain)))


def kept_model(folder: Path, name: str) -> LifetimeModel | None:
    """A kept model by its name; None where it is not there, damaged, or of another method."""
    return _read(folder / f"model-{name}.json")


def newest(folder: Path, day: date) -> LifetimeModel | None:
    """The model that was fitted last, on or before a day; None where there is none of this method that can be read.

    Of two that were fitted on one day, the one that was written last.
    """
    found = [path for path in folder.glob("model-????-??-??.*.json") if path.name[6:16] <= day.isoformat()]
    for path in sorted(found, key=lambda path: (path.name[6:16], path.stat().st_mtime_ns), reverse=True):
        model = _read(path)
        if model:
            return model
    return None


def _read(path: Path) -> LifetimeModel | None:
    """A kept model; None where the file is damaged or of another method: then another one is fitted."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["method"] != METHOD:
            return None
        model = LifetimeModel(
            date.fromisoformat(document["fitted_on"]),
            Size(**document["size"]),
            {int(days): _fitted(one) for days, one in document["fitted"].items()},
            {int(days): _report(one) for days, one in document["reports"].items()},
        )
        is_whole = set(model.fitted) == set(model.reports) == set(HORIZONS) and model.version == document["version"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return model if is_whole else None


def _fitted(document: dict[str, Any]) -> Fitted:
    rate, spend, cohorts = document["rate"], document["spend"], document["cohorts"]
    return Fitted(
        rate=BetaGeometric(**rate) if rate else None,
        spend=GammaGamma(**spend) if spend else None,
        cohorts=CohortRates(cohorts["days"], np.array(cohorts["purchases"]), np.array(cohorts["spend"]))
        if cohorts
        else None,
        season=document["season"],
    )


def _report(document: dict[str, Any]) -> Report:
    return Report(**{**document, "model": _judgement(document["model"]), "cohorts": _judgement(document["cohorts"])})


def _judgement(document: dict[str, Any] | None) -> Judgement | None:
    if document is None:
        return None
    figures = {name: Figure(**value) for name, value in document.items() if isinstance(value, dict)}
    pairs = [(float(expected), float(made)) for expected, made in document["calibration"]]
    return Judgement(**{**document, **figures, "calibration": pairs})


def _plain(value: Any) -> Any:
    """What JSON has no form for, in one."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return str(value)
