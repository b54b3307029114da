with final as (

    {{ file_ledger('service') }}

)

select * from final
