with final as (

    {{ file_ledger('surveys') }}

)

select * from final
