{{ config(materialized='affected_rows', key='value_key', affected='int_identity__affected_values') }}

with observations as (

    select * from {{ observations_in_reach() }}
    where {{ among_affected('value_key', 'value_key', 'int_identity__affected_values') }}

),

rules as (

    select * from {{ ref('identity_rules') }}
    where silence_days is not null

),

seen as (

    select
        observations.value_key,
        observations.profile_key,
        observations.name_key,
        rules.silence_days,
        observations.first_seen_at,
        observations.last_seen_at
    from observations
    inner join rules on observations.identifier_type = rules.identifier_type
    where observations.first_seen_at is not null

),

-- only a value that comes back late and under several names can have changed hands
suspects as (

    select value_key
    from seen
    group by value_key
    having
        min(name_key) <> max(name_key)
        and {{ days_between('min(last_seen_at)', 'max(first_seen_at)') }} > max(silence_days)

),

in_order as (

    select
        seen.*,
        max(seen.last_seen_at) over (
            partition by seen.value_key
            order by seen.first_seen_at, seen.profile_key
            rows between unbounded preceding and 1 preceding
        ) as heard_until
    from seen
    inner join suspects on seen.value_key = suspects.value_key

),

-- stretches of time without a long silence in them
stretched as (

    select
        value_key,
        profile_key,
        name_key,
        sum(case when {{ days_between('heard_until', 'first_seen_at') }} > silence_days then 1 else 0 end) over (
            partition by value_key
            order by first_seen_at, profile_key
            rows between unbounded preceding and current row
        ) as stretch
    from in_order

),

names as (

    select
        value_key,
        name_key,
        min(stretch) as first_stretch,
        max(stretch) as last_stretch
    from stretched
    where name_key is not null
    group by value_key, name_key

),

silences as (

    select distinct
        value_key,
        stretch
    from stretched
    where stretch > 0

),

-- a silence parts two owners when names are known on both sides of it and none is known on both
handovers as (

    select
        silences.value_key,
        silences.stretch
    from silences
    inner join names on silences.value_key = names.value_key
    group by silences.value_key, silences.stretch
    having
        count(*) filter (
            where names.first_stretch < silences.stretch and names.last_stretch >= silences.stretch
        ) = 0
        and min(names.last_stretch) < silences.stretch
        and max(names.first_stretch) >= silences.stretch

),

recycled as (

    select distinct value_key from handovers

),

final as (

    select
        stretched.value_key,
        stretched.profile_key,
        cast(count(handovers.stretch) as int) as period
    from stretched
    inner join recycled on stretched.value_key = recycled.value_key
    left join handovers
        on stretched.value_key = handovers.value_key and stretched.stretch >= handovers.stretch
    group by stretched.value_key, stretched.profile_key

)

select * from final
