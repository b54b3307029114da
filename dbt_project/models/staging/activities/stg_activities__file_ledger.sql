with final as (

    {{ file_ledger('activities') }}

)

select * from final
