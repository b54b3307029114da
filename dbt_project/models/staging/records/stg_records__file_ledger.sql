with final as (

    {{ file_ledger('records') }}

)

select * from final
