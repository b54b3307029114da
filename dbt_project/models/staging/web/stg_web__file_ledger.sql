with final as (

    {{ file_ledger('web') }}

)

select * from final
