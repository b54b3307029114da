with final as (

    {{ file_ledger('shop') }}

)

select * from final
