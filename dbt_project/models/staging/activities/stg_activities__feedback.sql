with registrations as (

    select * from {{ ref('stg_activities__registrations') }}

),

final as (

    select
        {{ concept('feedback', {
            'feedback_id': 'registration_id',
            'native_id': 'case when phone_token is not null then registration_id end',
            'kind': "'activity'",
            'scene': 'activity_type',
            'metric': "'activity'",
            'topic': 'activity_name',
            'text': 'vote',
            'score': 'score',
            'occurred_at': 'coalesce(invited_at, confirmed_at, attended_at, updated_at)',
            'responded_at': 'confirmed_at',
            'resolved_at': 'attended_at'
        }) }}
    from registrations

)

select * from final
