with delivery_events as (

    select * from {{ ref('stg_operations__delivery_events') }}

),

deliveries as (

    select * from {{ ref('stg_operations__deliveries') }}

),

reported as (

    select
        delivery_events.*,
        deliveries.customer_id,
        deliveries.campaign_id
    from delivery_events
    inner join deliveries on delivery_events.delivery_id = deliveries.delivery_id

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'event_id',
            'native_id': 'customer_id',
            'kind': "'message_' || event",
            'detail': 'campaign_id',
            'is_inbound': "event in ('opened', 'clicked', 'unsubscribed', 'complained')",
            'occurred_at': 'occurred_at',
            'load_id': 'load_id'
        }) }}
    from reported

)

select * from final
