with closed as (

    select * from {{ ref('int_identity__components_before_guards') }}
    where {{ among_affected('node_id', 'profile_key', 'int_identity__affected_profiles') }}

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

sizes as (

    select
        cluster_id,
        count(*) as profiles
    from closed
    group by cluster_id

),

too_large as (

    select
        cluster_id,
        'too_many_profiles' as reason
    from sizes
    where profiles > {{ var('customer_max_profiles') }}

),

-- a component of no more profiles than the cap cannot have more values than it
over_cap as (

    select
        closed.cluster_id,
        observations.identifier_type
    from observations
    inner join rules on observations.identifier_type = rules.identifier_type
    inner join closed on observations.profile_key = closed.node_id
    inner join sizes on closed.cluster_id = sizes.cluster_id and rules.customer_cap < sizes.profiles
    group by closed.cluster_id, observations.identifier_type
    having count(distinct observations.value_key) > max(rules.customer_cap)

),

-- two who differ in both exist exactly where birthdays differ and names differ
unlike as (

    select
        closed.cluster_id,
        'birthdays_and_names_differ' as reason
    from birthdays_with_names
    inner join closed on birthdays_with_names.profile_key = closed.node_id
    group by closed.cluster_id
    having
        min(birthdays_with_names.birthday) <> max(birthdays_with_names.birthday)
        and min(birthdays_with_names.name_key) <> max(birthdays_with_names.name_key)

),

separated as (

    select
        one.cluster_id,
        'steward_separate' as reason
    from decisions
    inner join closed as one on one.node_id = {{ hash_key('decisions.left_profile_id') }}
    inner join closed as other on other.node_id = {{ hash_key('decisions.right_profile_id') }}
    where one.cluster_id = other.cluster_id

),

final as (

    select
        cluster_id,
        reason
    from too_large
    union all
    select
        cluster_id,
        {{ reason_of_kind('identifier_type') }} as reason
    from over_cap
    union all
    select
        cluster_id,
        reason
    from unlike
    union
    select
        cluster_id,
        reason
    from separated

)

select * from final
