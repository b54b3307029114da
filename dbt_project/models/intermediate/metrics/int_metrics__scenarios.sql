{{ kept_by('customer_id') }}
{%- set areas = [
    'profile', 'purchases', 'spend', 'order_habits', 'products', 'visits', 'service', 'benefits', 'responses'
] %}

with {% for area in areas -%}
{{ area }} as (

    select * from {{ ref('int_metrics__' ~ area) }}
    where {{ among_affected('customer_id') }}

),

{% endfor -%}
-- what speaks for a price-sensitive customer, one point each; a missing answer is no point
scored as (

    select
        profile.customer_id,
        case when order_habits.coupon_share >= 0.6 then 1 else 0 end
        + case when order_habits.season_share >= 0.7 then 1 else 0 end
        + case when products.reduced_line_share >= 0.3 then 1 else 0 end
        + case when benefits.redemption_share >= 0.3 then 1 else 0 end as price_points
    from profile
    left join order_habits on profile.customer_id = order_habits.customer_id
    left join products on profile.customer_id = products.customer_id
    left join benefits on profile.customer_id = benefits.customer_id

),

final as (

    select
        profile.customer_id,
        coalesce(scored.price_points >= 2, false) as is_price_sensitive,
        coalesce(service.tickets >= 3 and service.tickets_per_order >= 0.15, false) as is_service_oriented,
        coalesce(
            order_habits.online_share >= 0.9 and products.lines_per_order >= 1.5 and visits.views_per_order < 10, false
        ) as is_convenience_oriented,
        coalesce(
            responses.attendances >= 1
            or (order_habits.store_purchases >= 4 and order_habits.home_store_share < 0.5)
            or (order_habits.store_purchases >= 2 and visits.activity_count >= 1), false
        ) as is_experience_oriented,
        coalesce(service.nps >= 9 and visits.share_count >= 2, false) as is_advocate,
        coalesce(
            purchases.orders_12m >= 4 and spend.recent_revenue_share >= 0.65 and purchases.gap_change < 0.8, false
        ) as has_growth_potential,
        coalesce(order_habits.began_with_coupon and purchases.orders_count = 1, false) as is_bargain_newcomer,
        coalesce(
            purchases.orders_count >= 5 and (service.nps < 7 or service.csat < 3 or service.satisfaction < 3), false
        ) as is_dissatisfied_regular,
        coalesce(
            order_habits.store_purchases >= 1 and order_habits.online_purchases >= 1 and visits.visits >= 5, false
        ) as is_omnichannel,
        coalesce(purchases.orders_count >= 5 and responses.is_unreachable, false) as is_unreachable_regular,
        purchases.orders_count is null and coalesce(responses.channels_granted >= 1, false) as is_reachable_prospect,
        case when purchases.orders_count >= 8 then purchases.overdue_day end as regular_overdue_day,
        case when purchases.orders_count >= 3 then visits.open_cart_day end as buyer_open_cart_day
    from profile
    inner join scored on profile.customer_id = scored.customer_id
    left join purchases on profile.customer_id = purchases.customer_id
    left join spend on profile.customer_id = spend.customer_id
    left join order_habits on profile.customer_id = order_habits.customer_id
    left join products on profile.customer_id = products.customer_id
    left join visits on profile.customer_id = visits.customer_id
    left join service on profile.customer_id = service.customer_id
    left join benefits on profile.customer_id = benefits.customer_id
    left join responses on profile.customer_id = responses.customer_id

)

select * from final
