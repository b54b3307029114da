with events as (

    select * from {{ ref('stg_web__events') }}

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'event_id',
            'native_id': 'cookie_id',
            'kind': 'event_name',
            'detail': "coalesce(category || ' ' || sku, sku, url)",
            'is_inbound': 'true',
            'occurred_at': 'occurred_at',
            'load_id': 'load_id'
        }) }}
    from events

)

select * from final
