{{ newest_rows('entry_id') }}
with source as (

    {{ newest('loyalty', 'points', key=['entry_id'], newest_by='updated_at') }}

),

final as (

    select
        entry_id,
        member_no,
        order_id,
        {{ clean_text('kind') }} as kind,
        {{ clean_text('reason') }} as reason,
        points,
        occurred_at,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
