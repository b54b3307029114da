with flagged_profiles as (

    select * from {{ ref('int_identity__flagged_profiles') }}

),

observations as (

    select * from {{ observations_in_reach() }}

),

rules as (

    select * from {{ ref('identity_rules') }}
    where customer_cap is not null

),

birthdays_with_names as (

    select * from {{ ref('int_identity__birthdays_with_names') }}

),

decisions as (

    select * from {{ ref('stg_operations__identity_decisions') }}
    where decision = 'separate' and is_active

),

ends as (

    select
        decision_id,
        {{ hash_key('left_profile_id') }} as profile_key,
        1 as side
    from decisions
    union all
    select
        decision_id,
        {{ hash_key('right_profile_id') }} as profile_key,
        2 as side
    from decisions

),

united as (

    select
        observations.profile_key,
        observations.identifier_type as kind,
        observations.value_key as trait,
        rules.customer_cap as cap
    from observations
    inner join rules on observations.identifier_type = rules.identifier_type
    union all
    select
        profile_key,
        'separate:' || decision_id as kind,
        side as trait,
        1 as cap
    from ends
    union all
    select
        profile_key,
        'birthday' as kind,
        {{ days_between("date '1900-01-01'", 'birthday') }} as trait,
        cast(null as int) as cap
    from birthdays_with_names
    union all
    select
        profile_key,
        'name' as kind,
        name_key as trait,
        cast(null as int) as cap
    from birthdays_with_names

),

final as (

    select
        united.profile_key as node_id,
        united.kind,
        united.trait,
        united.cap
    from united
    inner join flagged_profiles on united.profile_key = flagged_profiles.profile_key

)

select * from final
