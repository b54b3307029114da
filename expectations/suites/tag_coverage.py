"""Marts out: shares of tags are plausible; with hundreds of tags a few odd ones are no alarm."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

TABLE = "warehouse.marts.tag_coverage"
CUSTOMERS = "warehouse.marts.customers"
DRIFT = "warehouse.marts.tag_drift"
PUBLISHED = "published.marts.tag_coverage"

# Below this many customers a share says nothing.
MIN_CUSTOMERS = 1000
# A tag that a share of the customers had at the last publication, and that nobody has now, or everybody.
LEAST_SHARE_BEFORE = 0.01
EVERYBODY = 0.99
# How many days back a publication is compared with.
COMPARED_DAYS = 7
# Of all tags so many may be implausible at once: a rule that was edited, a season that ended.
ALLOWED_SHARE = 0.02
FEWEST_ALLOWED = 2


def relation(sources: Sources) -> str:
    """One row: tags, those that are suddenly nobody's or everybody's, how many may be, and how many drift."""
    nothing = "select null::text as tag, null::text as value, null::double as customer_share, null::date as as_of"
    known = PUBLISHED in sources.relations
    last = f"select tag, value, customer_share, as_of from {PUBLISHED}" if known else f"{nothing} where false"
    return f"""
with now as (
    select tag, value, customers, customer_share, as_of from {TABLE} where state <> 'not_yet'
),
before as (
    {last}
),
compared as (
    select
        now.tag,
        before.customer_share >= {LEAST_SHARE_BEFORE} and now.customers = 0 as is_emptied,
        before.customer_share < {EVERYBODY} and now.customer_share >= {EVERYBODY} as is_everybodys
    from now
    left join before
        on now.tag = before.tag and coalesce(now.value, '') = coalesce(before.value, '')
        and abs(date_diff('day', before.as_of, now.as_of)) <= {COMPARED_DAYS}
),
counted as (
    select
        count(*) as tags,
        count(*) filter (where is_emptied or is_everybodys) as implausible_tags,
        greatest({FEWEST_ALLOWED}, ceil({ALLOWED_SHARE} * count(*))) as allowed_tags,
        coalesce(string_agg(distinct tag, ', ' order by tag) filter (where is_emptied or is_everybodys), '')
            as which_tags,
        (select count(*) from {CUSTOMERS}) as all_customers
    from compared
),
drifting as (
    select count(*) filter (where is_drifting) as drifting_tags from {DRIFT}
),
final as (
    select
        'tags' as base,
        tags,
        implausible_tags,
        allowed_tags,
        which_tags,
        drifting_tags,
        case when all_customers >= {MIN_CUSTOMERS} then greatest(implausible_tags - allowed_tags, 0) end
            as implausible_beyond_allowed,
        case when all_customers >= {MIN_CUSTOMERS} then greatest(drifting_tags - allowed_tags, 0) end
            as drifting_beyond_allowed
    from counted
    cross join drifting
)
select * from final"""


SUITE = Suite(
    boundary="marts",
    name="tag_coverage",
    table="marts.tag_coverage",
    keys=("base", "tags", "implausible_tags", "allowed_tags", "which_tags", "drifting_tags"),
    relation=relation,
    requires=(TABLE, DRIFT, CUSTOMERS),
    checks=(
        Check(
            name="shares_are_plausible",
            expectation="ExpectColumnValuesToBeBetween",
            column="implausible_beyond_allowed",
            arguments={"max_value": 0},
            severity="critical",
            description_zh="突然无人持有或人人持有的标签不超过允许的数量（标签总数的 2%，至少 2 个）",
            description_en="No more tags than allowed (2 % of them, at least 2) are suddenly nobody's or everybody's",
            is_acceptable=True,
        ),
        Check(
            name="shares_are_steady",
            expectation="ExpectColumnValuesToBeBetween",
            column="drifting_beyond_allowed",
            arguments={"max_value": 0},
            severity="warning",
            description_zh="占比漂移的标签不超过允许的数量",
            description_en="No more tags than allowed drift in their share of the customers",
        ),
    ),
)
