with observations as (

    select * from {{ ref('int_identity__observations') }}

),

affected_profiles as (

    select * from {{ ref('int_identity__affected_profiles') }}

),

final as (

    select observations.*
    from observations
    inner join affected_profiles on observations.profile_key = affected_profiles.profile_key

)

select * from final
