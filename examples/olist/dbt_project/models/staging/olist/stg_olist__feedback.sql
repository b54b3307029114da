with reviews as (

    select * from {{ ref('stg_olist__reviews') }}

),

final as (

    select
        {{ concept('feedback', {
            'feedback_id': 'review_id',
            'native_id': 'native_id',
            'kind': "'survey'",
            'metric': "'csat'",
            'text': 'text',
            'score': 'score',
            'occurred_at': 'answered_at'
        }) }}
    from reviews

)

select * from final
