with points as (

    select * from {{ ref('stg_loyalty__points') }}

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'entry_id',
            'native_id': 'member_no',
            'kind': "'points'",
            'detail': "coalesce(kind || ' ' || reason, kind)",
            'is_inbound': "kind = 'spend'",
            'occurred_at': 'occurred_at',
            'load_id': 'load_id'
        }) }}
    from points

)

select * from final
