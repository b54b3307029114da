with observations as (

    select * from {{ ref('int_identity__observations') }}

),

shared_values as (

    select * from {{ ref('int_identity__shared_values') }}

),

-- a value under which several names are known links only within a name; who has no name there stays apart
linkable as (

    select
        observations.identifier_type,
        observations.identifier_value,
        observations.identifier_mask,
        observations.source_profile_id,
        observations.registered_at,
        case when shared_values.reason = 'names_differ' then observations.identity_name_token else '' end as circle,
        case when shared_values.reason = 'names_differ' then 'same_value_and_name' else 'same_value' end as reason
    from observations
    inner join shared_values
        on
            observations.identifier_type = shared_values.identifier_type
            and observations.identifier_value = shared_values.identifier_value
    where
        shared_values.reason is null
        or (shared_values.reason = 'names_differ' and observations.identity_name_token is not null)

),

-- a star per circle, not all pairs: everybody is linked to whoever registered first
centred as (

    select
        *,
        first_value(source_profile_id) over (
            partition by identifier_type, identifier_value, circle
            order by registered_at nulls last, source_profile_id
        ) as linked_profile_id
    from linkable

),

final as (

    select
        source_profile_id,
        linked_profile_id,
        identifier_type,
        identifier_value,
        identifier_mask,
        reason
    from centred
    where source_profile_id <> linked_profile_id

)

select * from final
