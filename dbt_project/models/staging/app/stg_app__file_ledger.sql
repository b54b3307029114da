with final as (

    {{ file_ledger('app') }}

)

select * from final
