with final as (

    {{ newest('bookshop', 'customers', key=['customer_no'], first_load_where='true') }}

)

select * from final
