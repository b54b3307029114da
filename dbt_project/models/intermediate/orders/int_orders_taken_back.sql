with orders as (

    select * from {{ ref('int_orders_as_sold') }}
    where held_reason is null and source_profile_id is not null

),

credited_profiles as (

    select distinct source_profile_id
    from orders
    where takes_purchases_back

),

-- few profiles have credit notes, so only their orders are put in order
money as (

    select
        orders.order_id,
        orders.source_profile_id,
        orders.currency,
        orders.is_paid,
        orders.takes_purchases_back,
        case when orders.is_paid then orders.gross_amount else 0 end - orders.refund_amount as kept_amount,
        coalesce(orders.paid_at, orders.ordered_at) as moved_at
    from orders
    inner join credited_profiles on orders.source_profile_id = credited_profiles.source_profile_id
    where orders.is_paid or orders.takes_purchases_back

),

-- in an hour that occurs twice nothing is taken back before it was bought
placed as (

    select
        *,
        {{ change_order('moved_at') }} as place
    from money

),

running as (

    select
        *,
        sum(kept_amount) over (
            partition by source_profile_id, currency
            order by place, takes_purchases_back, order_id
            rows unbounded preceding
        ) as kept_so_far
    from placed

),

followed as (

    select
        order_id,
        is_paid,
        min(case when takes_purchases_back and kept_so_far <= 0 then moved_at end) over (
            partition by source_profile_id, currency
            order by place, takes_purchases_back, order_id
            rows between current row and unbounded following
        ) as returned_at
    from running

),

final as (

    select
        order_id,
        returned_at
    from followed
    where is_paid and returned_at is not null

)

select * from final
