with responses as (

    select * from {{ ref('stg_surveys__responses') }}

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'response_id',
            'native_id': 'case when phone_token is not null and not is_anonymous then response_id end',
            'kind': "'survey'",
            'detail': 'survey_name',
            'is_inbound': 'true',
            'occurred_at': 'answered_at',
            'load_id': 'load_id'
        }) }}
    from responses

)

select * from final
