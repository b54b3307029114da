with final as (

    {{ file_ledger('pos') }}

)

select * from final
