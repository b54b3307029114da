with source as (

    select
        *,
        {{ clean_text('order_id') }} as order_no,
        {{ clean_text('customer_id') }} as native_id
    from ({{ raw('transactions', 'lines') }}) as arrived

),

-- a number that two customers have is two orders: tills begin again, lists are put together
shared as (

    select
        order_no,
        min(native_id) <> max(native_id) as has_several_customers
    from source
    where order_no is not null
    group by order_no

),

numbered as (

    select
        source.*,
        case
            when source.order_no is not null and shared.has_several_customers
                then source.order_no || ' ' || coalesce(source.native_id, '')
            when source.order_no is not null then source.order_no
            when source.native_id is not null then source.native_id || ' ' || cast(source.ordered_at as string)
            else source._source_file || ' ' || cast(source._line as string)
        end as whole_order_id
    from source
    left join shared on source.order_no = shared.order_no

),

final as (

    select
        whole_order_id as order_id,
        native_id,
        {{ clean_text('item_id') }} as sku,
        {{ clean_text('item_name') }} as product_name,
        {{ clean_text('category') }} as category,
        {{ clean_text('store') }} as store_name,
        {{ clean_text('country') }} as country,
        upper({{ clean_text('currency') }}) as currency,
        row_number() over (partition by whole_order_id order by _dlt_load_id, _source_file, _line) as line_no,
        quantity,
        unit_price,
        coalesce(amount, cast({{ multiplied('quantity', 'unit_price') }} as decimal(18, 4))) as amount,
        ordered_at,
        _dlt_load_id as load_id
    from numbered

)

select * from final
