with ledgers as (
    {%- for channel in channels_with('file_ledger') %}

    select
        '{{ channel }}' as channel,
        target,
        file_id,
        physical_rows,
        loaded_rows,
        quarantined_rows,
        ingested_at
    from {{ ref('stg_' ~ channel ~ '__file_ledger') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        cast(null as string) as channel,
        cast(null as string) as target,
        cast(null as string) as file_id,
        cast(null as bigint) as physical_rows,
        cast(null as bigint) as loaded_rows,
        cast(null as bigint) as quarantined_rows,
        cast(null as timestamp) as ingested_at
    where false
    {%- endfor %}

),

final as (

    select * from ledgers

)

select * from final
