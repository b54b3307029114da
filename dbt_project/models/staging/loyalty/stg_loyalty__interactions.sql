with points as (

    select * from {{ ref('stg_loyalty__points') }}

),

words as (

    select
        {{ source_word('word') }} as word,
        bool_or(kind = 'spend') as is_spending
    from {{ ref('point_kind_words') }}
    where channel in ('loyalty', '*')
    group by {{ source_word('word') }}

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'entry_id',
            'native_id': 'member_no',
            'kind': "'points'",
            'detail': "coalesce(points.kind || ' ' || points.reason, points.kind)",
            'is_inbound': 'coalesce(words.is_spending, false)',
            'occurred_at': 'occurred_at',
            'load_id': 'load_id'
        }) }}
    from points
    left join words on {{ source_word('points.kind') }} = words.word

)

select * from final
