"""One run of the lifetime models: purchase days in, forecasts in the lake out; nothing is done twice for the same."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from intelligence.lifetime.fitted_model import (
    DECIDING_DAYS,
    LifetimeModel,
    fit_and_judge,
    keep,
    kept_model,
    newest,
)
from intelligence.lifetime.purchase_tables import PurchaseTable
from intelligence.lifetime.results import (
    CALIBRATION,
    FIGURES,
    FORECASTS,
    MODELS,
    NO_MODEL,
    SCHEMAS,
    ensure_results,
    folder_of,
    forecasts_path,
    is_readable,
    unreadable_models,
    write_forecasts,
    write_model,
)
from intelligence.lifetime.scores import about, forecasts
from stores.atomic_files import write_json
from stores.errors import UserError

log = logging.getLogger(__name__)

_BASIS = "forecasts.json"


@dataclass(frozen=True)
class LifetimeReport:
    """What a run did.

    Attributes:
        customers: who bought and may be profiled: each has a forecast.
        model: `mbg_nbd` or `cohort_rates`; empty where nothing can be forecast.
        model_version: version of the fitted model.
        fitted: whether it was fitted in this run.
        unchanged: whether everything was as in the run before and its forecasts stand.
        expected_purchases, expected_value: of all customers in 90 days.
        seconds: wall-clock time.
    """

    customers: int
    model: str
    model_version: str
    fitted: bool
    unchanged: bool
    expected_purchases: float = 0.0
    expected_value: float = 0.0
    seconds: float = 0.0


def forecast_customers(table: PurchaseTable, lake: Path, folder: Path, kept: Path | None = None) -> LifetimeReport:
    """Forecast everybody who bought, and replace the forecasts in the lake.

    Args:
        table: the purchases of those who may be profiled, up to the day of the forecasts.
        lake: folder of the lake that the results go to.
        folder: where models, and what the forecasts were made from, are kept: `state/intelligence/lifetime`.
        kept: a further folder of models, which may be used and is not written: a past day takes production's.
    """
    started = time.monotonic()
    size = table.size()
    model = _usable(table, (folder, kept))
    is_due = model is None or model.is_due(table.day, size)
    if model is None or is_due:
        model = fit_and_judge(table.purchases(), table.day)
        _tell(model)
        keep(folder, model)
    if not all((folder_of(lake, name) / f"{model.name}.parquet").exists() for name in (FIGURES, CALIBRATION, MODELS)):
        write_model(lake, model.name, about(model))
    _mend(lake, folder)
    basis = {"day": table.day.isoformat(), "model": model.version, "purchases": table.digest()}
    unchanged = _read(folder / _BASIS) == {**basis, "file": _stamp(forecasts_path(lake))}
    report = LifetimeReport(size.customers, model.kind or "", model.version, is_due, unchanged)
    if report.unchanged:
        log.info("Lifetime value: the forecasts of %d customers stand as they are", report.customers)
        return replace(report, seconds=time.monotonic() - started)
    (folder / _BASIS).unlink(missing_ok=True)
    found = forecasts(model, table.buyers(), table.day)
    write_forecasts(lake, found)
    ensure_results(lake)
    write_json(folder / _BASIS, {**basis, "file": _stamp(forecasts_path(lake))})
    report = replace(
        report,
        expected_purchases=_sum(found, f"expected_purchases_{DECIDING_DAYS}d"),
        expected_value=_sum(found, f"expected_value_{DECIDING_DAYS}d"),
        seconds=time.monotonic() - started,
    )
    log.info(
        "Lifetime value: %d customers forecast by %s, %.0f purchases in %d days, %.1f s",
        report.customers, report.model or "nothing", report.expected_purchases, DECIDING_DAYS, report.seconds,
    )  # fmt: skip
    return report


def switch_off(lake: Path, folder: Path) -> None:
    """Leave no forecast: what an installation without lifetime models has. Fitted models are kept."""
    (folder / _BASIS).unlink(missing_ok=True)
    ensure_results(lake)
    path = forecasts_path(lake)
    if not is_readable(path) or pq.read_metadata(path).num_rows:
        write_forecasts(lake, SCHEMAS[FORECASTS].empty_table())


def _mend(lake: Path, folder: Path) -> None:
    """Write damaged files about fitted models again, from the kept models.

    Raises:
        UserError: the model of such a file is kept no more.
    """
    for path in unreadable_models(lake):
        name, table = path.name.removesuffix(".parquet"), path.parent.name
        if name == NO_MODEL:
            rows = SCHEMAS[table].empty_table()
        elif model := kept_model(folder, name):
            rows = about(model)[table]
        else:
            raise UserError(
                f"{path} is damaged, and the model that it is about is kept no more. Take the file away, and those of "
                "its name in the folders beside it: the publication then says nothing of that model."
            )
        write_model(lake, name, {table: rows})
        log.warning("Lifetime value: %s was damaged and is written again", path)


def _usable(table: PurchaseTable, folders: tuple[Path, Path | None]) -> LifetimeModel | None:
    """The newest model that saw nothing later than the day of the forecasts."""
    found = [model for folder in folders if folder and (model := newest(folder, table.day))]
    return max(found, key=lambda model: model.fitted_on, default=None)


def _tell(model: LifetimeModel) -> None:
    deciding = model.deciding
    log.info(
        "Lifetime value: fitted on %d customers and %d purchase days; %s forecasts, because %s",
        model.size.customers, model.size.purchases, model.kind or "nothing", deciding.reason,
    )  # fmt: skip
    if deciding.model and deciding.cohorts:
        log.info(
            "Lifetime value: on the last %d days, forecast / made %.2f, share of spend of the top tenth %.2f (cohort "
            "rates %.2f)", deciding.days, deciding.model.total.value, deciding.model.decile_share.value,
            deciding.cohorts.decile_share.value,
        )  # fmt: skip


def _sum(rows: pa.Table, column: str) -> float:
    return float(pc.sum(rows[column]).as_py() or 0)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _stamp(path: Path) -> list[int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return []
    return [found.st_ino, found.st_size, found.st_mtime_ns]
