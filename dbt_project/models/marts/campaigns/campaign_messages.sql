{%- set events = ['delivered', 'opened', 'clicked', 'bounced', 'failed', 'unsubscribed', 'complained'] -%}
with deliveries as (

    select * from {{ ref('int_deliveries') }}

),

delivery_events as (

    select * from {{ ref('int_delivery_events') }}

),

campaign_conversions as (

    select * from {{ ref('campaign_conversions') }}

),

reported as (

    select
        delivery_id,
        {%- for event in events %}
        bool_or(event = '{{ event }}') as is_{{ event }}{{ ',' if not loop.last }}
        {%- endfor %}
    from delivery_events
    group by delivery_id

),

followed as (

    select
        deliveries.*,
        {%- for event in events %}
        coalesce(reported.is_{{ event }}, false) or deliveries.state = '{{ event }}' as is_{{ event }},
        {%- endfor %}
        -- a message of before there were variants
        coalesce(deliveries.variant, 'none') as message_variant
    from deliveries
    left join reported on deliveries.delivery_id = reported.delivery_id

),

conversions as (

    select
        delivery_id,
        sum(net_amount) as converted_revenue
    from campaign_conversions
    group by delivery_id

),

final as (

    select
        followed.delivery_id,
        followed.campaign_id,
        followed.customer_id,
        followed.campaign_version,
        followed.step,
        followed.channel,
        followed.message_variant as variant,
        followed.counted_as,
        {%- for event in events %}
        followed.is_{{ event }},
        {%- endfor %}
        conversions.delivery_id is not null as is_converted,
        cast(coalesce(conversions.converted_revenue, 0) as decimal(18, 2)) as converted_revenue,
        followed.accepted_at
    from followed
    left join conversions on followed.delivery_id = conversions.delivery_id

)

select * from final
