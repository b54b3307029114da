"""Marts out: customer ids are durable; a run that gives many people another id than the one published is stopped."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

CUSTOMERS = "warehouse.marts.customers"
PROFILES = "warehouse.marts.customer_profiles"
PUBLISHED_CUSTOMERS = "published.marts.customers"
PUBLISHED = "published.marts.customer_profiles"

# Shares are of at least so many, so that a handful of merges among a few customers is no alarm.
_FEWEST = 1000


def relation(sources: Sources) -> str | None:
    """One row: ids and profiles of the last publication, how many are gone and changed, and their shares.

    The publication is what people and tools have seen, so a run that was stopped here and is started again is measured
    against the same. Before the first one there is nothing to compare; a rebuild of an earlier day is not compared.
    """
    if not {PUBLISHED, PUBLISHED_CUSTOMERS} <= sources.relations:
        return None
    return f"""
with comparable as (
    select
        (select max(as_of) from {CUSTOMERS}) >= (select max(as_of) from {PUBLISHED_CUSTOMERS}) as is_comparable
),
before as (
    select source_profile_id, customer_id from {PUBLISHED}
),
now as (
    select source_profile_id, customer_id from {PROFILES}
),
ids as (
    select
        count(*) as ids_before,
        count(*) filter (where living.customer_id is null) as ids_gone
    from (select distinct customer_id from before) as issued
    left join (select distinct customer_id from now) as living on issued.customer_id = living.customer_id
),
profiles as (
    select
        count(*) as profiles_before,
        count(*) filter (where before.customer_id <> now.customer_id) as profiles_changed
    from before
    left join now on before.source_profile_id = now.source_profile_id
),
final as (
    select
        'customer ids' as base,
        ids.ids_gone,
        ids.ids_before,
        profiles.profiles_changed,
        profiles.profiles_before,
        case when is_comparable then ids.ids_gone / greatest(ids.ids_before, {_FEWEST}) end as id_change_share,
        case when is_comparable then profiles.profiles_changed / greatest(profiles.profiles_before, {_FEWEST}) end
            as profile_change_share
    from ids
    cross join profiles
    cross join comparable
)
select * from final"""


SUITE = Suite(
    boundary="marts",
    name="id_stability",
    table="marts.customer_profiles",
    keys=("base", "ids_gone", "ids_before", "profiles_changed", "profiles_before"),
    relation=relation,
    requires=(CUSTOMERS, PROFILES),
    checks=(
        Check(
            name="ids_live_on",
            expectation="ExpectColumnValuesToBeBetween",
            column="id_change_share",
            arguments=lambda limits: {"max_value": limits.id_change_share},
            severity="critical",
            description_zh="上次发布的客户编号绝大多数仍在使用",
            description_en="Nearly all customer ids of the last publication are still in use",
            is_acceptable=True,
        ),
        Check(
            name="profiles_stay",
            expectation="ExpectColumnValuesToBeBetween",
            column="profile_change_share",
            arguments=lambda limits: {"max_value": limits.id_change_share},
            severity="critical",
            description_zh="绝大多数档案仍属于上次发布时的客户",
            description_en="Nearly all profiles belong to the same customer as in the last publication",
            is_acceptable=True,
        ),
    ),
)
