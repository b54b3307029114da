with final as (

    {{ file_ledger('loyalty') }}

)

select * from final
