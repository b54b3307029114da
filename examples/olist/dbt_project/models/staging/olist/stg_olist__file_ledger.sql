with source as (

    {{ raw('olist', 'file_ledger') }}

),

final as (

    select
        target,
        source_file,
        file_id,
        kind,
        cursor_value,
        bytes,
        physical_rows,
        loaded_rows,
        quarantined_rows,
        ingested_at
    from source

)

select * from final
