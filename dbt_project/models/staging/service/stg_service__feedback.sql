with tickets as (

    select * from {{ ref('stg_service__tickets') }}

),

final as (

    select
        {{ concept('feedback', {
            'feedback_id': 'ticket_id',
            'native_id': 'case when phone_token is not null or email_token is not null then ticket_id end',
            'kind': "'ticket'",
            'scene': 'contact_channel',
            'metric': "'satisfaction'",
            'topic': 'topic',
            'severity': 'severity',
            'ticket_type': 'ticket_type',
            'region': 'region',
            'text': 'text',
            'score': 'satisfaction',
            'occurred_at': 'created_at',
            'responded_at': 'first_response_at',
            'resolved_at': 'resolved_at'
        }) }}
    from tickets

)

select * from final
