{{ config(materialized='affected_rows', key='value_key', affected='int_identity__affected_values') }}

with observations as (

    select * from {{ observations_in_reach() }}
    where {{ among_affected('value_key', 'value_key', 'int_identity__affected_values') }}

),

identifier_ownership as (

    select * from {{ ref('int_identity__identifier_ownership') }}
    where {{ among_affected('value_key', 'value_key', 'int_identity__affected_values') }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

blocked_values as (

    select * from {{ ref('identity_blocked_values') }}

),

-- most values are on one profile only: found out by number, before texts are looked at
shared_keys as (

    select value_key
    from observations
    group by value_key
    having count(*) > 1

),

shared as (

    select
        observations.value_key,
        any_value(identifier_type) as identifier_type,
        any_value(identifier_value) as identifier_value,
        any_value(identifier_mask) as identifier_mask,
        any_value(rests_on_key) as rests_on_key,
        count(*) as profiles,
        count(distinct person_key) as people,
        count(distinct name_key) as names
    from observations
    inner join shared_keys on observations.value_key = shared_keys.value_key
    group by observations.value_key

),

handed_over as (

    select
        value_key,
        count(distinct period) as periods
    from identifier_ownership
    group by value_key

),

judged as (

    select
        shared.*,
        coalesce(handed_over.periods, 1) as periods,
        case
            when blocked_values.identifier_value is not null then 'blocked_value'
            when {{ is_absurd('shared.identifier_value') }} then 'blocked_value'
            when shared.people > rules.people_cap and shared.identifier_type = 'logged_in_as' then 'several_accounts'
            when shared.people > rules.people_cap then 'too_many_people'
            when shared.profiles > {{ var('customer_max_profiles') }} then 'too_many_profiles'
            when handed_over.periods > 1 then 'recycled'
            when rules.needs_same_name and shared.names > 1 then 'names_differ'
        end as reason
    from shared
    inner join rules on shared.identifier_type = rules.identifier_type
    left join handed_over on shared.value_key = handed_over.value_key
    left join blocked_values
        on
            shared.identifier_type = blocked_values.identifier_type
            and lower(trim(shared.identifier_value)) = blocked_values.identifier_value
    where rules.is_linking

),

refused_phones as (

    select
        value_key,
        reason
    from judged
    where identifier_type = 'phone' and reason in ('blocked_value', 'too_many_people', 'too_many_profiles')

),

final as (

    select
        judged.identifier_type,
        judged.identifier_value,
        judged.identifier_mask,
        judged.value_key,
        -- what is combined with a phone that belongs to nobody proves nothing either
        coalesce(refused_phones.reason, judged.reason) as reason,
        cast(judged.profiles as int) as profiles,
        cast(judged.people as int) as people,
        cast(judged.names as int) as names,
        cast(judged.periods as int) as periods
    from judged
    left join refused_phones on judged.rests_on_key = refused_phones.value_key

)

select * from final
