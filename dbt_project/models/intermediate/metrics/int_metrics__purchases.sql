{{ kept_by('customer_id') }}
{#- a gap in purchases after which coming back is a return -#}
{%- set break_days = 180 %}

with purchase_days as (

    select * from {{ ref('int_customer_purchase_days') }}
    where orders > 0 and {{ among_affected('customer_id') }}

),

totals as (

    select * from {{ ref('int_customer_totals') }}
    where orders_count > 0 and {{ among_affected('customer_id') }}

),

spaced as (

    select
        customer_id,
        orders,
        purchase_day,
        lag(purchase_day) over (partition by customer_id order by purchase_day) as earlier_day,
        row_number() over (partition by customer_id order by purchase_day) as place,
        row_number() over (partition by customer_id order by purchase_day desc) as place_from_end
    from purchase_days

),

gaps as (

    select
        *,
        {{ days_between('earlier_day', 'purchase_day') }} as gap_days,
        coalesce({{ truncated_to('month', 'purchase_day') }} <> {{ truncated_to('month', 'earlier_day') }}, true)
            as is_new_month,
        {{ in_last_days('purchase_day', 365, as_of()) }} as is_in_year,
        {{ in_last_days('purchase_day', 180, as_of()) }} as is_in_half_year
    from spaced

),

summed as (

    select
        customer_id,
        cast(count(*) as bigint) as purchase_days,
        cast(max(orders) as bigint) as most_orders_a_day,
        cast(sum(case when is_new_month then 1 else 0 end) as bigint) as purchase_months,
        cast(sum(case when is_in_year and is_new_month then 1 else 0 end) as bigint) as purchase_months_12m,
        cast(sum(case when is_in_year then orders else 0 end) as bigint) as orders_12m,
        cast(sum(case when is_in_half_year then orders else 0 end) as bigint) as orders_6m,
        cast(sum(gap_days) as bigint) as gaps_sum,
        cast(sum(cast(gap_days as bigint) * gap_days) as bigint) as squares_sum,
        cast(max(gap_days) as bigint) as longest_gap_days,
        cast(max(case when place_from_end = 1 then gap_days end) as bigint) as last_gap_days,
        cast(max(case when place = 2 then gap_days end) as bigint) as days_to_second_purchase,
        min(purchase_day) as first_purchase_day,
        max(case when place = 2 then purchase_day end) as second_purchase_day,
        max(purchase_day) as last_purchase_day,
        max(case when gap_days >= {{ break_days }} then purchase_day end) as came_back_day
    from gaps
    group by customer_id

),

-- the spread of gaps is their standard deviation by their mean, of all of them (population)
measured as (

    select
        *,
        case when purchase_days >= 3 then {{ ratio('gaps_sum', 'purchase_days - 1') }} end as mean_gap,
        case
            when purchase_days >= 5 and gaps_sum > 0
                then sqrt(
                    greatest(
                        cast(squares_sum as double) / (purchase_days - 1)
                        - power(cast(gaps_sum as double) / (purchase_days - 1), 2),
                        0
                    )
                ) / (cast(gaps_sum as double) / (purchase_days - 1))
        end as gap_spread
    from summed

),

final as (

    select
        measured.customer_id,
        totals.orders_count,
        measured.orders_12m,
        measured.orders_6m,
        case when measured.orders_12m >= 3
            then round({{ ratio('measured.orders_6m', 'measured.orders_12m') }}, 4)
        end as recent_order_share,
        measured.most_orders_a_day,
        measured.purchase_months,
        measured.purchase_months_12m,
        round(measured.mean_gap, 2) as mean_gap_days,
        round(measured.gap_spread, 4) as gap_spread,
        measured.longest_gap_days,
        measured.last_gap_days,
        case
            when measured.purchase_days >= 4
                then round(
                    {{ ratio(
                        'measured.last_gap_days * (measured.purchase_days - 2)',
                        'measured.gaps_sum - measured.last_gap_days') }}, 4
                )
        end as gap_change,
        measured.days_to_second_purchase,
        {{ days_between('measured.first_purchase_day', 'measured.last_purchase_day') }} as buying_span_days,
        measured.first_purchase_day,
        measured.second_purchase_day,
        case when measured.purchase_days = 1 then measured.first_purchase_day end as only_purchase_day,
        measured.last_purchase_day,
        case when totals.orders_count >= 5 then measured.last_purchase_day end as frequent_last_day,
        measured.came_back_day,
        case
            when measured.purchase_days >= 4
                then {{ add_days('measured.last_purchase_day', 'round(measured.mean_gap, 0)') }}
        end as next_expected_day,
        case
            when measured.purchase_days >= 4
                then {{ add_days('measured.last_purchase_day', 'round(2 * measured.mean_gap, 0)') }}
        end as overdue_day
    from measured
    inner join totals on measured.customer_id = totals.customer_id

)

select * from final
