with final as (

    {{ file_ledger('operations') }}

)

select * from final
