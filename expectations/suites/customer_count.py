"""Marts out: the customer base as a whole looks like the one published last."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

CUSTOMERS = "warehouse.marts.customers"
LIFECYCLE = "warehouse.marts.customer_lifecycle"
REVIEW = "warehouse.marts.identity_review"
IDENTIFIERS = "warehouse.marts.customer_identifiers"
PUBLISHED = "published.marts.customers"


def relation(sources: Sources) -> str:
    """One row: customers now and in the last publication, and the shares that need watching.

    A rebuild of a day before the last publication's is not compared: having fewer customers is then right.
    """
    last = (
        f"select count(*) as customers, max(as_of) as as_of from {PUBLISHED}"
        if PUBLISHED in sources.relations
        else "select null::bigint as customers, null::date as as_of"
    )
    return f"""
with base as (
    select count(*) as customers, max(as_of) as as_of from {CUSTOMERS}
),
last_published as (
    {last}
),
staged as (
    select count(distinct customer_id) as customers from {LIFECYCLE}
),
in_review as (
    select count(distinct identifiers.customer_id) as customers
    from {IDENTIFIERS} as identifiers
    inner join {REVIEW} as review
        on identifiers.identifier_type = review.identifier_type
        and identifiers.identifier_value = review.identifier_value
    -- within a name, or an owner's time, the value still links; the other reasons leave the customer apart
    where review.kind = 'shared_value' and review.reason not in ('names_differ', 'name_missing', 'recycled')
),
final as (
    select
        'customers' as base,
        base.customers,
        last_published.customers as customers_last_published,
        case
            when coalesce(base.as_of >= last_published.as_of, true)
                then 1 - base.customers / nullif(last_published.customers, 0)
        end as shrinkage_share,
        base.customers - staged.customers as customers_without_stage,
        in_review.customers / nullif(base.customers, 0) as review_share
    from base
    cross join last_published
    cross join staged
    cross join in_review
)
select * from final"""


SUITE = Suite(
    boundary="marts",
    name="customer_count",
    table="marts.customers",
    keys=("base", "customers", "customers_last_published"),
    relation=relation,
    requires=(CUSTOMERS, LIFECYCLE, REVIEW, IDENTIFIERS),
    checks=(
        Check(
            name="not_shrinking",
            expectation="ExpectColumnValuesToBeBetween",
            column="shrinkage_share",
            arguments=lambda limits: {"max_value": limits.shrinkage_share},
            severity="critical",
            description_zh="客户数较上次发布没有大幅减少",
            description_en="The customer base has not shrunk much since the last publication",
            is_acceptable=True,
        ),
        Check(
            name="all_have_a_stage",
            expectation="ExpectColumnValuesToBeBetween",
            column="customers_without_stage",
            arguments={"min_value": 0, "max_value": 0},
            severity="critical",
            description_zh="每个客户都有且只有一个生命周期阶段",
            description_en="Every customer is in exactly one lifecycle stage",
        ),
        Check(
            name="few_in_review",
            expectation="ExpectColumnValuesToBeBetween",
            column="review_share",
            arguments=lambda limits: {"max_value": limits.review_share},
            severity="warning",
            description_zh="标识被多人共用而待核的客户占比不高",
            description_en="Few customers carry an identifier that is in review because it belongs to too many",
        ),
    ),
)
