"""Lifetime value on an installation's warehouse: purchase days of those who may be profiled in, forecasts out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.fitted_models.model_results import results_folder
from orchestration.fitted_models.project_vars import is_enabled, project_vars
from stores.duckdb_connection import literal, open_duckdb
from stores.errors import UserError
from stores.settings import Settings

if TYPE_CHECKING:
    from intelligence.lifetime.run import LifetimeReport

# Who refused profiling, and minors, are neither forecast nor learned from.
_PURCHASES = """(
    select customer_id, purchase_day, net_amount from built.intermediate.int_customer_purchase_days
    where customer_id not in (select customer_id from built.intermediate.int_customers_not_profiled)
)"""


def is_switched_on(settings: Settings) -> bool:
    """What `vars.lifetime_enabled` of the dbt project says.

    Raises:
        UserError: the file is no YAML, or the value is neither true nor false.
    """
    return is_enabled(project_vars(settings, "switch the steps of a run on and off"), "lifetime_enabled")


def model_folder(settings: Settings) -> Path:
    """Where fitted models are kept, one file for each version: of a past day apart from production's."""
    return settings.build_state / "intelligence" / "lifetime"


def forecast_lifetime(settings: Settings, day: date) -> LifetimeReport | None:
    """Forecast the customers in the warehouse and replace the forecasts in the lake. Nobody may be writing it.

    A past day uses a model of production that was fitted on or before it, else one of its own; it changes neither
    production's models nor its forecasts.

    Args:
        settings: the installation, or a past day of it.
        day: the day that the warehouse was built for.

    Returns:
        What was done; None where lifetime models are switched off, and no forecast is left.

    Raises:
        UserError: the warehouse has no purchases, or does not say who is not profiled: the forecasts stay as they are.
    """
    from intelligence.lifetime.purchase_tables import PurchaseTable
    from intelligence.lifetime.run import forecast_customers, switch_off  # SciPy takes a second to import

    if not is_switched_on(settings):
        switch_off(results_folder(settings), model_folder(settings))
        return None
    production = model_folder(settings.model_copy(update={"past_day": None}))
    with open_duckdb(settings) as connection:
        connection.execute(f"attach {literal(settings.warehouse_path)} as built (read_only)")
        table = PurchaseTable(connection, _PURCHASES, day)
        try:
            return forecast_customers(table, results_folder(settings), model_folder(settings), production)
        except (duckdb.CatalogException, duckdb.BinderException) as missing:
            what = str(missing).split("\n", 1)[0].rstrip(".!")
            raise UserError(
                f"Nobody is forecast, for the warehouse lacks: {what}. Run `guanxi run --full`."
            ) from missing
