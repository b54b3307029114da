with final as (

    {{ file_ledger('transactions') }}

)

select * from final
