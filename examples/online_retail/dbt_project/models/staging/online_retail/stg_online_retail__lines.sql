with source as (

    select * from ({{ raw('online_retail', 'lines') }}) as arrived

),

final as (

    select
        invoice as order_id,
        customer_no as native_id,
        stock_code as sku,
        description as product_name,
        country,
        substr(invoice, 1, 1) = 'C' as is_credit_note,
        row_number() over (partition by invoice order by _source_file, _line) as line_no,
        quantity,
        price as unit_price,
        cast(quantity * price as decimal(18, 4)) as amount,
        invoiced_at,
        _dlt_load_id as load_id
    from source

)

select * from final
