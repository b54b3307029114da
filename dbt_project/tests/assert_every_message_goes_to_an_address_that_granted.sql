-- Messages planned to an address that never granted marketing over its channel, neither itself nor by the account of
-- the record that it comes from.
with plan as (

    select *
    from {{ ref('campaign_plan') }}
    where decision = 'send'

),

grants as (

    select *
    from {{ ref('int_consents') }}
    where purpose = 'marketing' and granted

),

granted_by_address as (

    select
        plan.campaign_id,
        plan.customer_id,
        plan.channel
    from plan
    inner join grants
        on plan.identifier_type = grants.identifier_type
        and plan.identifier_token = grants.identifier_token
        and plan.channel = grants.channel

),

granted_by_record as (

    select
        plan.campaign_id,
        plan.customer_id,
        plan.channel
    from plan
    inner join {{ ref('customer_field_sources') }} as field_sources
        on plan.customer_id = field_sources.customer_id
        and plan.identifier_type = field_sources.field
    inner join {{ ref('customer_identifiers') }} as identifiers
        on field_sources.source_profile_id = identifiers.source_profile_id
    inner join grants
        on identifiers.identifier_type = grants.identifier_type
        and identifiers.identifier_value = grants.identifier_token
        and plan.channel = grants.channel
        and field_sources.channel = grants.source

)

select
    campaign_id,
    customer_id,
    channel
from plan
except
(
    select * from granted_by_address
    union
    select * from granted_by_record
)
