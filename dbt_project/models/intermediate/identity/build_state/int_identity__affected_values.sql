with previous_values as (

    select * from {{ ref('int_identity__previous_values') }}

),

observations as (

    select * from {{ ref('int_identity__observations') }}

),

changed_profiles as (

    select * from {{ ref('int_identity__changed_profiles') }}

),

own as (

    select value_key from previous_values
    union all
    select observations.value_key
    from observations
    inner join changed_profiles on observations.profile_key = changed_profiles.profile_key

),

-- what is combined with a phone is judged with it
combined as (

    select observations.value_key
    from observations
    where observations.rests_on_key in (select own.value_key from own)

),

united as (

    select value_key from own
    union all
    select value_key from combined

),

final as (

    select distinct value_key from united

)

select * from final
