with final as (

    {{ file_ledger('wecom') }}

)

select * from final
