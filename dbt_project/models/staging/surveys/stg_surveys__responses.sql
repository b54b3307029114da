{{ newest_rows('response_id') }}
with source as (

    {{ newest(
        'surveys', 'responses',
        key=['response_id'],
        first_load_where='phone_token is not null and not coalesce(is_anonymous, false)'
    ) }}

),

final as (

    select
        response_id,
        phone_token,
        phone_mask,
        phone_line_type,
        phone_further,
        {{ clean_text('survey_name') }} as survey_name,
        {{ clean_text('scene') }} as scene,
        {{ clean_text('comment') }} as comment,
        {{ clean_place('region') }} as region,
        coalesce(is_anonymous, false) as is_anonymous,
        case when nps between 0 and 10 then nps end as nps,
        csat,
        ces,
        answered_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
