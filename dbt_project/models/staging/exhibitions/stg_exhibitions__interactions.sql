with leads as (

    select * from {{ ref('stg_exhibitions__leads') }}

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'lead_no',
            'native_id': 'case when phone_token is not null or email_token is not null then lead_no end',
            'kind': "'registration'",
            'detail': "coalesce(expo_name || ' ' || interest, expo_name, interest)",
            'is_inbound': 'true',
            'occurred_at': 'registered_at',
            'load_id': 'load_id'
        }) }}
    from leads

)

select * from final
