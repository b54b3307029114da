with final as (

    {{ file_ledger('exhibitions') }}

)

select * from final
