"""Marts out: the lifetime model in use is as good as the one before it."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

MODELS = "warehouse.marts.lifetime_models"
FIGURES = "warehouse.marts.lifetime_figures"
# Those that say the same of few customers and of many.
_WATCHED = ("total", "spend_total", "decile_share", "auc")


def relation(sources: Sources) -> str:
    """One row per watched figure of what is forecast: how far it lies outside the interval of the model before."""
    return f"""
with in_use as (
    select * from {MODELS} where is_current
),
former as (
    select models.* from {MODELS} as models
    inner join in_use on models.fitted_on < in_use.fitted_on
    qualify row_number() over (order by models.fitted_on desc, models.model_version) = 1
),
of_both as (
    select now.figure, now.value, before.low, before.high
    from in_use
    cross join former
    inner join {FIGURES} as now
        on in_use.model_version = now.model_version and in_use.model = now.model
        and in_use.decided_by_days = now.horizon_days
    inner join {FIGURES} as before
        on former.model_version = before.model_version and now.model = before.model
        and now.horizon_days = before.horizon_days and now.figure = before.figure
    where now.figure in {_WATCHED}
)
select
    figure,
    round(value, 4) as value,
    round(low, 4) as low,
    round(high, 4) as high,
    greatest(low - value, value - high, 0)::double as outside
from of_both
where value is not null and low is not null and high is not null"""


SUITE = Suite(
    boundary="marts",
    name="lifetime_models",
    table="marts.lifetime_figures",
    keys=("figure", "value", "low", "high"),
    relation=relation,
    requires=(MODELS, FIGURES),
    checks=(
        Check(
            name="figures_stay_in_their_interval",
            expectation="ExpectColumnValuesToBeBetween",
            column="outside",
            arguments={"max_value": 0},
            severity="warning",
            description_zh="在用终身价值模型的评估指标没有离开上一模型的区间",
            description_en="The figures of the lifetime model in use have not left the intervals of the model before",
        ),
    ),
)
