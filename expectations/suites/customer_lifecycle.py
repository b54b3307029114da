"""Marts out: the mix of lifecycle stages is plausible."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

TABLE = "warehouse.marts.customer_lifecycle"
PUBLISHED = "published.marts.customer_lifecycle"

LARGEST_STAGE_SHARE = 0.95
# Days between two publications within which a stage's share should not jump, and how far a jump is.
COMPARED_DAYS = 7
LARGEST_MOVE = 0.2
# Below this many customers a share says nothing.
MIN_CUSTOMERS = 100


def relation(sources: Sources) -> str:
    """One row per stage: its share of all customers, and how far that moved since the last publication."""
    last = (
        f"select stage, count(*) / sum(count(*)) over () as share, max(as_of) as as_of from {PUBLISHED} group by stage"
        if PUBLISHED in sources.relations
        else "select null::text as stage, null::double as share, null::date as as_of where false"
    )
    return f"""
with stages as (
    select
        stage,
        count(*) / sum(count(*)) over () as share,
        sum(count(*)) over () as customers,
        max(as_of) as as_of
    from {TABLE}
    group by stage
),
last_published as (
    {last}
),
last_day as (
    select max(as_of) as as_of from last_published
),
final as (
    select
        stages.stage,
        case when stages.customers >= {MIN_CUSTOMERS} then stages.share end as share,
        case
            when stages.customers >= {MIN_CUSTOMERS}
                and abs(date_diff('day', last_day.as_of, stages.as_of)) <= {COMPARED_DAYS}
                then abs(stages.share - coalesce(last_published.share, 0))
        end as moved
    from stages
    cross join last_day
    left join last_published on stages.stage = last_published.stage
)
select * from final"""


SUITE = Suite(
    boundary="marts",
    name="customer_lifecycle",
    table="marts.customer_lifecycle",
    keys=("stage",),
    relation=relation,
    requires=(TABLE,),
    checks=(
        Check(
            name="no_stage_holds_nearly_all",
            expectation="ExpectColumnValuesToBeBetween",
            column="share",
            arguments={"max_value": LARGEST_STAGE_SHARE},
            severity="warning",
            description_zh="没有一个阶段占了几乎全部客户",
            description_en="No stage holds nearly all customers",
        ),
        Check(
            name="mix_is_steady",
            expectation="ExpectColumnValuesToBeBetween",
            column="moved",
            arguments={"max_value": LARGEST_MOVE},
            severity="warning",
            description_zh="阶段构成较上次发布没有突变",
            description_en="The stage mix has not jumped since the last publication",
        ),
    ),
)
