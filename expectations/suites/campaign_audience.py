"""Before sending: each campaign's audience has the size it should have, and its hold-out too."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

PLAN = "warehouse.campaigns.campaign_plan"
CUSTOMERS = "warehouse.marts.customers"
PUBLISHED = "published.campaigns.campaign_plan"
CAMPAIGNS = "warehouse.intermediate.int_campaigns"
RUNS = "warehouse.campaigns.journey_runs"

# An audience of fewer customers than this is never too large a share, and too small to judge a hold-out by.
MIN_AUDIENCE = 50
LARGEST_GROWTH = 5.0
# How far a hold-out's share may be from the configured one: four standard errors, and never less than this.
HOLDOUT_STANDARD_ERRORS = 4
HOLDOUT_TOLERANCE = 0.02


def relation(sources: Sources) -> str:
    """One row per campaign: customers it would reach, as a share of all and against last time, and its hold-out."""
    last = (
        f"select campaign_id, count(distinct customer_id) as reached from {PUBLISHED}"
        " where decision = 'send' group by campaign_id"
        if PUBLISHED in sources.relations
        else "select null::text as campaign_id, null::bigint as reached where false"
    )
    configured = (
        f"select campaign_id, any_value(holdout_percent) / 100.0 as share from {CAMPAIGNS} group by campaign_id"
        if CAMPAIGNS in sources.relations
        else "select null::text as campaign_id, null::double as share where false"
    )
    # whom a journey holds out it does not let in, so that the plan has no row of them
    entered = (
        "select journey_id, count(distinct customer_id) as considered,"
        " count(distinct case when cause = 'held_out' then customer_id end) as held_out"
        f" from {RUNS} group by journey_id"
        if RUNS in sources.relations
        else "select null::text as journey_id, null::bigint as considered, null::bigint as held_out where false"
    )
    return f"""
with base as (
    select count(*) as customers from {CUSTOMERS}
),
entered as (
    {entered}
),
planned as (
    select
        campaign_id,
        count(distinct customer_id) as considered,
        count(distinct case when decision = 'send' then customer_id end) as reached,
        count(distinct case when is_holdout then customer_id end) as held_out
    from {PLAN}
    group by campaign_id
),
audiences as (
    select
        planned.campaign_id,
        coalesce(entered.considered, planned.considered) as considered,
        planned.reached,
        coalesce(entered.held_out / entered.considered, planned.held_out / planned.considered) as holdout_share
    from planned
    left join entered on planned.campaign_id = entered.journey_id
),
last_published as (
    {last}
),
configured as (
    {configured}
),
final as (
    select
        audiences.campaign_id,
        audiences.reached,
        base.customers,
        case when audiences.reached >= {MIN_AUDIENCE} then audiences.reached / base.customers end as send_share,
        case
            when audiences.reached >= {MIN_AUDIENCE} then audiences.reached / nullif(last_published.reached, 0)
        end as growth,
        case
            when audiences.considered >= {MIN_AUDIENCE}
                then abs(audiences.holdout_share - configured.share) - greatest(
                    {HOLDOUT_TOLERANCE},
                    {HOLDOUT_STANDARD_ERRORS} * sqrt(configured.share * (1 - configured.share) / audiences.considered)
                )
        end as holdout_off_by
    from audiences
    cross join base
    left join last_published on audiences.campaign_id = last_published.campaign_id
    left join configured on audiences.campaign_id = configured.campaign_id
)
select * from final"""


SUITE = Suite(
    boundary="plan",
    name="campaign_audience",
    table="campaigns.campaign_plan",
    keys=("campaign_id", "reached", "customers"),
    relation=relation,
    requires=(PLAN, CUSTOMERS),
    checks=(
        Check(
            name="not_everybody",
            expectation="ExpectColumnValuesToBeBetween",
            column="send_share",
            arguments=lambda limits: {"max_value": limits.send_share},
            severity="critical",
            description_zh="单个活动触达的客户占比不超过上限",
            description_en="No campaign reaches more than the allowed share of customers",
            is_acceptable=True,
        ),
        Check(
            name="usual_size",
            expectation="ExpectColumnValuesToBeBetween",
            column="growth",
            arguments={"max_value": LARGEST_GROWTH},
            severity="warning",
            description_zh="活动人数较上次没有暴增",
            description_en="No campaign reaches many times more customers than last time",
        ),
        Check(
            name="holdout_as_configured",
            expectation="ExpectColumnValuesToBeBetween",
            column="holdout_off_by",
            arguments={"max_value": 0},
            severity="warning",
            description_zh="对照组占比接近配置",
            description_en="The hold-out's share is near the configured one",
        ),
    ),
)
