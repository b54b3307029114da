"""The forecast of lifetime value as assets: purchase days in, forecasts and what is known of the model out."""

import logging
from collections.abc import Iterator

import dagster as dg

from orchestration.asset_keys import DATA_TEAM, LIFETIME, WAREHOUSE_POOL
from orchestration.defs.resources import RunScope
from orchestration.fitted_models.lifetime import forecast_lifetime

log = logging.getLogger(__name__)

FEATURES = [
    dg.AssetKey(["intermediate", "int_customer_purchase_days"]),
    dg.AssetKey(["intermediate", "int_customers_not_profiled"]),
]
_DESCRIPTIONS = (
    "What each customer who bought is expected to buy (客户终身价值预测), by the model that was fitted last; one file, "
    "replaced whole. `vars.lifetime_enabled: false` in dbt_project.yml switches it off.",
    "Each fitted lifetime model (终身价值模型): its parameters, what it was fitted on, what is forecast and why.",
    "The figures by which each lifetime model was judged (模型评估), with their intervals.",
    "What each lifetime model expected in its judged days and what came, by tenth of the customers (校准).",
)


@dg.multi_asset(
    name="raw_intelligence__lifetime",
    specs=[
        dg.AssetSpec(key, deps=FEATURES, description=text, owners=[DATA_TEAM], kinds={"parquet"})
        for key, text in zip(LIFETIME, _DESCRIPTIONS, strict=True)
    ],
    group_name="intelligence",
    pool=WAREHOUSE_POOL,
)
def lifetime_forecasts(run: RunScope) -> Iterator[dg.MaterializeResult]:
    """Forecast the customers as they are now; fits a model once a week, and leaves the same rows as they are."""
    run.acquire_warehouse()
    report = forecast_lifetime(run.settings, run.day)
    if report is None:
        log.info("Lifetime value: switched off")
    told = {"enabled": False} if report is None else {"enabled": True, **vars(report)}
    for number, key in enumerate(LIFETIME):
        yield dg.MaterializeResult(asset_key=key, metadata=told if number == 0 else {})
