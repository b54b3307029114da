with deliveries as (

    select * from {{ ref('stg_operations__deliveries') }}
    where planned_at < {{ as_of_end() }}

),

customer_map as (

    select * from {{ ref('customer_map') }}

),

delivery_states as (

    select * from {{ ref('delivery_states') }}

),

-- a message belongs to whoever its customer is today
final as (

    select
        deliveries.delivery_id,
        deliveries.campaign_id,
        cast(deliveries.campaign_version as int) as campaign_version,
        cast(deliveries.step as int) as step,
        coalesce(customer_map.customer_id, deliveries.customer_id) as customer_id,
        deliveries.identifier_token,
        deliveries.channel,
        deliveries.destination,
        deliveries.occurrence,
        deliveries.variant,
        deliveries.state,
        deliveries.reason,
        -- a state that the seed does not list may have reached somebody
        coalesce(delivery_states.counted_as, 'unknown') as counted_as,
        coalesce(delivery_states.is_sent, true) as is_sent,
        coalesce(delivery_states.takes_cap_slot, true) as takes_cap_slot,
        deliveries.planned_at,
        deliveries.accepted_at
    from deliveries
    left join customer_map on 'operations:' || deliveries.customer_id = customer_map.source_profile_id
    left join delivery_states on deliveries.state = delivery_states.state

)

select * from final
