-- Part of the peer of the full refresh, after customer_marts.sql in the same session: what became of customer ids, and what waits
-- for a steward. Given, like the customer map: the log of who belonged to whom, links and shared values. It is the log's first
-- run, so every id was created by new profiles and none has died.

create table customer_id_redirects as
select 'c_' || substr(sha256(id), 1, 16) as retired_customer_id, customer_id, null::timestamp as merged_at
from customer_map where id not like 'operations:%' and retired_customer_id <> customer_id;

create table identity_events as
select md5('_null_|' || customer_id || '|' || changed_at::varchar) as event_id, run_id, 'created' as event, null::varchar as from_customer_id,
    customer_id as to_customer_id, 'new_profiles' as cause, '新档案' as cause_zh, 'new profiles came in' as cause_en, null::varchar as edges,
    profiles, 0 as edge_count, changed_at as happened_at
from (select customer_id, count(*)::int as profiles from customer_map where id not like 'operations:%' group by customer_id)
cross join (select run_id, changed_at from warehouse.identity.int_identity__membership_log limit 1);

-- ids live from their first profile to their last
create table id_stability as
with log as (from warehouse.identity.int_identity__membership_log),
lives as (
    select changed_at, sum(profiles) as gained, sum(gained) over (partition by customer_id order by changed_at) as kept
    from (
        select customer_id, changed_at, 1 as profiles from log where customer_id is not null
        union all select previous_customer_id, changed_at, -1 from log where previous_customer_id is not null
    ) group by customer_id, changed_at
),
ids as (
    select changed_at, count(*) filter (where kept > 0 and kept = gained) as customers_new, count(*) filter (where kept = 0 and gained < 0) as customers_retired
    from lives group by changed_at
),
runs as (
    select changed_at, max(run_id) as run_id, count(*) filter (where previous_customer_id is null) as profiles_new,
        count(*) filter (where customer_id is null) as profiles_gone, count(*) filter (where customer_id <> previous_customer_id) as profiles_moved
    from log group by changed_at
)
select run_id, coalesce(sum(customers_new - customers_retired) over before, 0)::int as customers_before, customers_new::int as customers_new,
    customers_retired::int as customers_retired, coalesce(sum(profiles_new - profiles_gone) over before, 0)::int as profiles_before,
    profiles_new::int as profiles_new, profiles_gone::int as profiles_gone, profiles_moved::int as profiles_moved,
    customers_retired / nullif(customers_before, 0) as customer_churn_share, profiles_moved / nullif(profiles_before, 0) as profile_churn_share,
    changed_at as happened_at
from runs inner join ids using (changed_at) window before as (order by changed_at rows between unbounded preceding and 1 preceding);

create table identity_review as
with values_shared as (from warehouse.identity.int_identity__untrusted_values),
-- two carriers of different customers are shown; few values are shared, so few observations are looked at
carriers as (
    select identifier_type, identifier_value, min({'id': id, 'customer_id': customer_id}) as first
    from (select source_profile_id as id, identifier_type, identifier_value from warehouse.identity.int_identity__observations)
    semi join values_shared using (identifier_type, identifier_value) inner join customer_map using (id)
    group by identifier_type, identifier_value, customer_id
),
examples as (
    select identifier_type, identifier_value, min(first, 2) as shown, count(*)::int as customers from carriers group by all
),
pairs as (
    select 'refused_edge' as kind, guard_reason as reason, least(source_profile_id, linked_profile_id) as left_id, greatest(source_profile_id, linked_profile_id) as right_id,
        identifier_type, identifier_value, case when identifier_type <> 'linkage' then identifier_mask end as identifier_mask,
        case when identifier_type = 'linkage' then identifier_value end as model_version, case when identifier_type = 'linkage' then identifier_mask end as field_weights,
        null::double as match_weight, null::double as match_probability
    from warehouse.identity.int_identity__refused_links
    union all
    select 'probable_link', 'between_thresholds', left_profile_id, right_profile_id, 'linkage', model_version, null, model_version, field_weights, match_weight, match_probability
    from warehouse.staging.stg_linkage__links where match_probability >= 0.80 and match_probability < 0.99
),
found as (
    select 'shared_value' as kind, reason, shown[1].id as left_id, shown[2].id as right_id, shown[1].customer_id as left_customer_id, shown[2].customer_id as right_customer_id,
        identifier_type, identifier_value, identifier_mask, null as model_version, null as field_weights, profiles::int as profiles, customers,
        null::double as match_weight, null::double as match_probability
    from values_shared inner join examples using (identifier_type, identifier_value)
    union all
    select kind, reason, left_id, right_id, l.customer_id, r.customer_id, identifier_type, identifier_value, identifier_mask, model_version, field_weights, 2, 2,
        match_weight, match_probability
    from pairs inner join customer_map as l on left_id = l.id inner join customer_map as r on right_id = r.id and l.customer_id <> r.customer_id
),
texts as (
    select reason, text_zh, text_en from read_csv(getvariable('seeds') || '/stewardship/identity_reasons.csv')
    union all
    select 'too_many_' || identifier_type, '合并后' || name_zh || '太多', 'together they would have more than one customer may have of: ' || name_en
    from read_csv(getvariable('seeds') || '/identity/identity_rules.csv')
)
select md5(kind || '|' || identifier_type || '|' || identifier_value || '|' || left_id || '|' || coalesce(right_id, '_null_')) as review_id, kind, reason,
    coalesce(text_zh, reason) as reason_zh, coalesce(text_en, reason) as reason_en, left_id as left_profile_id, right_id as right_profile_id, left_customer_id,
    right_customer_id, identifier_type, identifier_value, identifier_mask, model_version, field_weights, profiles, customers, match_weight, match_probability
from found left join texts using (reason);
