{{ kept_by('customer_id') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

sales as (

    select * from {{ ref('int_dated_sales') }}
    where order_day <= {{ as_of() }}

),

amounts as (

    select
        profiles.customer_id,
        sales.is_purchase,
        case when sales.is_sale then sales.paid_amount else 0 end
        - case when sales.return_day <= {{ as_of() }} then sales.returned_amount else 0 end as net_amount,
        sales.order_day
    from sales
    inner join profiles on sales.source_profile_id = profiles.source_profile_id

),

-- a credit note, or a sale that was taken back whole, belongs to the purchase before it, else to the first one
placed as (

    select
        *,
        coalesce(
            max(case when is_purchase then order_day end) over (
                partition by customer_id
                order by order_day
                range between unbounded preceding and current row
            ),
            min(case when is_purchase then order_day end) over (partition by customer_id)
        ) as purchase_day
    from amounts

),

final as (

    select
        customer_id,
        cast(count(case when is_purchase then 1 end) as int) as orders,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount,
        purchase_day
    from placed
    where purchase_day is not null
    group by customer_id, purchase_day

)

select * from final
