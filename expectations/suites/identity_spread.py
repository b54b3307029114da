"""Marts out: not more profiles are merged than can be right; on every run, the first one too."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

TABLE = "warehouse.marts.identity_spread"
_MEASURES = {
    "merged_share": ("被合并的档案占比不超过上限", "No more profiles are merged than the bound allows"),
    "probable_share": (
        "仅凭概率匹配合并的档案占比不超过上限",
        "No more profiles are joined by probable links alone than the bound allows",
    ),
    "largest_customer": ("最大的客户没有过多的档案", "The largest customer has no more profiles than the bound allows"),
    "large_share": ("档案很多的客户占比不超过上限", "No more customers of many profiles than the bound allows"),
}
_ON_ZH = (
    "用 `guanxi explain customer 编号` 查看；合并有误用 `guanxi identity separate`，"
    "无误则在 dbt_project/seeds/identity/identity_bounds.csv 提高上限"
)
_ON_EN = (
    "look at them with `guanxi explain customer ID`; take a wrong merge apart with `guanxi identity separate`, and "
    "where all are right raise the bound in dbt_project/seeds/identity/identity_bounds.csv"
)


def relation(sources: Sources) -> str:
    """One row per measure, with how far it is beyond its bound in a column of its own; the bounds are seed rows."""
    expected = ", ".join(f"('{measure}')" for measure in _MEASURES)
    # A measure without a bound is beyond it: what is missing is no permission.
    return f"""
with expected (measure) as (
    values {expected}
),
measured as (
    select
        expected.measure,
        spread.largest_customers,
        spread.value,
        spread.bound,
        coalesce(spread.value - spread.bound, 1) as excess
    from expected
    left join {TABLE} as spread on expected.measure = spread.measure
),
final as (
    select
        measure,
        largest_customers,
        value,
        bound,
        {", ".join(f"case when measure = '{measure}' then excess end as {measure}_excess" for measure in _MEASURES)}
    from measured
)
select * from final"""


def _within(measure: str, zh: str, en: str) -> Check:
    return Check(
        name=measure,
        expectation="ExpectColumnValuesToBeBetween",
        column=f"{measure}_excess",
        arguments={"max_value": 0},
        severity="critical",
        description_zh=f"{zh}；{_ON_ZH}",
        description_en=f"{en}; {_ON_EN}",
        keep_value=False,
    )


SUITE = Suite(
    boundary="marts",
    name="identity_spread",
    table="marts.identity_spread",
    keys=("measure", "value", "bound", "largest_customers"),
    relation=relation,
    requires=(TABLE,),
    checks=tuple(_within(measure, *words) for measure, words in _MEASURES.items()),
)
