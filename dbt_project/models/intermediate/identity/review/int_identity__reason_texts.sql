with identity_reasons as (

    select * from {{ ref('identity_reasons') }}

),

identity_rules as (

    select * from {{ ref('identity_rules') }}

),

too_many as (

    select
        'too_many_' || identifier_type as reason,
        '合并后' || name_zh || '太多' as text_zh,
        'together they would have more than one customer may have of: ' || name_en as text_en
    from identity_rules

),

final as (

    select
        reason,
        text_zh,
        text_en
    from identity_reasons
    union all
    select
        too_many.reason,
        too_many.text_zh,
        too_many.text_en
    from too_many
    left join identity_reasons on too_many.reason = identity_reasons.reason
    where identity_reasons.reason is null

)

select * from final
