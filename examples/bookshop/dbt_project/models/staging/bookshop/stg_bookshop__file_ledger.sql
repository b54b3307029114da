with final as (

    {{ file_ledger('bookshop') }}

)

select * from final
