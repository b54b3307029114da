with tickets as (

    select * from {{ ref('stg_service__tickets') }}

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'ticket_id',
            'native_id': 'case when phone_token is not null or email_token is not null then ticket_id end',
            'kind': "coalesce(ticket_type, 'ticket')",
            'detail': 'topic',
            'is_inbound': 'true',
            'occurred_at': 'created_at',
            'load_id': 'load_id'
        }) }}
    from tickets

)

select * from final
