"""What lifetime models leave in the lake for dbt: Parquet files below `raw_intelligence`, read like a channel's.

customer_lifetime/forecasts.parquet          a row for each customer who bought: replaced whole, so that nobody stays in
                                             it who is in the purchases no more
lifetime_models/<day>.<version>.parquet      a row for a fitted model: kept for good, about no customer
lifetime_figures/<day>.<version>.parquet     the figures by which it was judged
lifetime_calibration/<day>.<version>.parquet what it expected and what came, by tenth of the customers
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stores.atomic_files import replacing
from stores.lake.layout import dataset_of, parts_of
from stores.lake.reader import has_table

DATASET = "intelligence"
FORECASTS, MODELS, FIGURES, CALIBRATION = TABLES = (
    "customer_lifetime", "lifetime_models", "lifetime_figures", "lifetime_calibration",
)  # fmt: skip
NO_MODEL = "none"  # of the files without rows, there before any model
HORIZONS = (30, 90, 365)

_FLOAT, _TEXT, _DAY, _COUNT = pa.float64(), pa.string(), pa.date32(), pa.int64()
SCHEMAS: Mapping[str, pa.Schema] = {
    FORECASTS: pa.schema(
        [
            ("customer_id", _TEXT),
            ("model", _TEXT),
            ("model_version", _TEXT),
            ("purchases", _COUNT),
            ("average_amount", _FLOAT),
            *((f"expected_purchases_{days}d", _FLOAT) for days in HORIZONS),
            *((f"expected_value_{days}d", _FLOAT) for days in HORIZONS),
            ("probability_alive", _FLOAT),
            ("first_purchase_day", _DAY),
            ("last_purchase_day", _DAY),
            ("next_purchase_day", _DAY),
            ("next_purchase_from", _DAY),
            ("next_purchase_until", _DAY),
            ("as_of", _DAY),
        ]
    ),
    MODELS: pa.schema(
        [
            ("model_version", _TEXT),
            ("model", _TEXT),
            ("reason", _TEXT),
            ("decided_by_days", _COUNT),
            ("customers", _COUNT),
            ("purchases", _COUNT),
            ("has_ranking", pa.bool_()),
            *((name, _FLOAT) for name in ("r", "alpha", "a", "b", "p", "q", "v")),
            *((f"season_{days}d", _FLOAT) for days in HORIZONS),
            ("correlation", _FLOAT),
            ("fitted_on", _DAY),
        ]
    ),
    FIGURES: pa.schema(
        [
            ("model_version", _TEXT),
            ("horizon_days", _COUNT),
            ("judged_days", _COUNT),
            ("model", _TEXT),
            ("figure", _TEXT),
            ("customers", _COUNT),
            ("value", _FLOAT),
            ("low", _FLOAT),
            ("high", _FLOAT),
            ("fitted_on", _DAY),
        ]
    ),
    CALIBRATION: pa.schema(
        [
            ("model_version", _TEXT),
            ("horizon_days", _COUNT),
            ("judged_days", _COUNT),
            ("model", _TEXT),
            ("decile", _COUNT),
            ("expected_purchases", _FLOAT),
            ("made_purchases", _FLOAT),
            ("fitted_on", _DAY),
        ]
    ),
}


def folder_of(lake: Path, table: str) -> Path:
    """Folder of a table of results: `<lake>/raw_intelligence/<table>`."""
    return dataset_of(lake, DATASET) / table


def forecasts_path(lake: Path) -> Path:
    """Where the forecasts are."""
    return folder_of(lake, FORECASTS) / "forecasts.parquet"


def write_forecasts(lake: Path, forecasts: pa.Table) -> None:
    """Replace the forecasts; readers see the old file or the new one."""
    _write(forecasts_path(lake), FORECASTS, forecasts)


def write_model(lake: Path, name: str, tables: Mapping[str, pa.Table]) -> None:
    """Add what is known of a fitted model.

    Args:
        lake: folder of the raw lake.
        name: of its files, the same for the same model: `<day>.<version>`.
        tables: rows by table; that of models last, so that a model with a row has its figures.
    """
    for table, rows in tables.items():
        _write(folder_of(lake, table) / f"{name}.parquet", table, rows)


def is_readable(path: Path) -> bool:
    """Whether a file of results is there and a whole Parquet file."""
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def unreadable_models(lake: Path) -> list[Path]:
    """Files about fitted models that are no whole Parquet file."""
    parts = parts_of(dataset_of(lake, DATASET)).values()
    return [path for path in parts if path.parent.name in (MODELS, FIGURES, CALIBRATION) and not is_readable(path)]


def ensure_results(lake: Path) -> None:
    """Make the tables readable before the first forecast: files without rows."""
    for table in TABLES:
        if not has_table(dataset_of(lake, DATASET), table):
            name = forecasts_path(lake) if table == FORECASTS else folder_of(lake, table) / f"{NO_MODEL}.parquet"
            _write(name, table, SCHEMAS[table].empty_table())


def _write(path: Path, table: str, rows: pa.Table) -> None:
    with replacing(path) as draft:
        pq.write_table(rows.cast(SCHEMAS[table]), draft)
