{{ kept_by('customer_id') }}

with observations as (

    select * from {{ ref('int_identity__observations') }}
    -- a combination of two identifiers, and a browser that somebody logged in on, are rules of identity, no identifiers
    where identifier_type not in ('phone_email', 'logged_in_as')

),

profiles as (

    select * from {{ ref('int_profiles') }}
    where name_token is not null

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

identity_rules as (

    select * from {{ ref('identity_rules') }}

),

carried as (

    select
        source_profile_id,
        identifier_type,
        identifier_value,
        identifier_mask
    from observations

    union all

    select
        source_profile_id,
        'name' as identifier_type,
        name_token as identifier_value,
        name_mask as identifier_mask
    from profiles

),

final as (

    select
        customer_profiles.customer_id,
        carried.source_profile_id,
        carried.identifier_type,
        carried.identifier_value,
        carried.identifier_mask,
        coalesce(identity_rules.is_linking, false) as is_linking
    from carried
    inner join customer_profiles on carried.source_profile_id = customer_profiles.source_profile_id
    left join identity_rules on carried.identifier_type = identity_rules.identifier_type

)

select * from final
