with file_ledger as (

    select * from {{ ref('int_file_ledger') }}

),

final as (

    select
        channel,
        target as table_name,
        cast(count(distinct file_id) as int) as files,
        cast(sum(physical_rows) as bigint) as physical_rows,
        cast(sum(loaded_rows) as bigint) as loaded_rows,
        cast(sum(quarantined_rows) as bigint) as quarantined_rows,
        max(ingested_at) as last_loaded_at
    from file_ledger
    group by channel, target

)

select * from final
