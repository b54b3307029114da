with source as (

    {{ newest('olist', 'customers', key=['customer_id'], first_load_where='true') }}

),

final as (

    select
        customer_id,
        customer_unique_id as native_id,
        {{ clean_text('postcode') }} as postcode,
        {{ clean_text('city') }} as city,
        {{ clean_text('state') }} as province,
        first_load_id
    from source

)

select * from final
