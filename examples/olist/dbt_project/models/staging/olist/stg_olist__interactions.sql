with reviews as (

    select * from {{ ref('stg_olist__reviews') }}

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'review_id',
            'native_id': 'native_id',
            'kind': "'survey'",
            'occurred_at': 'answered_at',
            'load_id': 'load_id'
        }) }}
    from reviews

)

select * from final
