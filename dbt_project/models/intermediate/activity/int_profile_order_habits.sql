{{ kept_by('source_profile_id', affected='affected_profiles') }}
{%- set seasons = shopping_seasons() %}
{%- set quarters = {'spring': '3, 4, 5', 'summer': '6, 7, 8', 'autumn': '9, 10, 11', 'winter': '12, 1, 2'} %}

with sales as (

    select * from {{ ref('int_dated_sales') }}
    where
        source_profile_id is not null
        and order_day <= {{ as_of() }}
        and {{ among_affected('source_profile_id') }}

),

shopping_seasons as (

    select * from {{ ref('shopping_seasons') }}

),

season_days as (

    select
        {%- for season in seasons %}
        max(case when shopping_seasons.season = '{{ season }}' then 1 else 0 end) as {{ season }},
        {%- endfor %}
        {{ add_days('shopping_seasons.first_day', 'days.n') }} as season_day
    from shopping_seasons
    cross join {{ series(60, 'days', 'n') }}
    where {{ add_days('shopping_seasons.first_day', 'days.n') }} <= shopping_seasons.last_day
    group by {{ add_days('shopping_seasons.first_day', 'days.n') }}

),

placed as (

    select
        sales.*,
        {%- for season in seasons %}
        season_days.{{ season }},
        {%- endfor %}
        season_days.season_day is not null as is_in_season,
        {{ has_time_of_day('sales.ordered_at') }} as has_time,
        {{ weekday_number('sales.ordered_at') }} as weekday,
        day(sales.ordered_at) as day_of_month,
        month(sales.ordered_at) as month_of_year
    from sales
    left join season_days on sales.order_day = season_days.season_day

),

final as (

    select
        source_profile_id,
        channel,
        store_name,
        is_online,
        cast(count(case when is_purchase then 1 end) as bigint) as purchases,
        cast(count(case when is_purchase and has_time then 1 end) as bigint) as timed_purchases,
        {%- for daypart in dayparts() %}
        cast(count(case when is_purchase and has_time and {{ in_daypart('ordered_at', daypart) }} then 1 end) as bigint)
            as {{ daypart }}_purchases,
        {%- endfor %}
        {%- for number in range(1, 8) %}
        cast(count(case when is_purchase and weekday = {{ number }} then 1 end) as bigint)
            as weekday_{{ number }}_purchases,
        {%- endfor %}
        cast(count(case when is_purchase and day_of_month <= 10 then 1 end) as bigint) as early_month_purchases,
        cast(count(case when is_purchase and day_of_month > 20 then 1 end) as bigint) as late_month_purchases,
        {%- for name, months in quarters.items() %}
        cast(count(case when is_purchase and month_of_year in ({{ months }}) then 1 end) as bigint)
            as {{ name }}_purchases,
        {%- endfor %}
        {%- for season in seasons %}
        cast(count(case when is_purchase and {{ season }} = 1 then 1 end) as bigint) as {{ season }}_purchases,
        {%- endfor %}
        cast(count(case when is_purchase and is_in_season then 1 end) as bigint) as season_purchases,
        cast(count(case when is_purchase and uses_coupon is not null then 1 end) as bigint) as coupon_known_purchases,
        cast(count(case when is_purchase and uses_coupon then 1 end) as bigint) as coupon_purchases,
        cast(count(case when is_sale and not is_purchase then 1 end) as bigint) as returned_orders,
        cast(count(case when is_purchase and returned_amount > 0 then 1 end) as bigint) as partly_returned_orders,
        cast(count(case when status = 'pending' then 1 end) as bigint) as unpaid_orders,
        cast(count(case when status = 'cancelled' then 1 end) as bigint) as cancelled_orders,
        max(case when is_purchase then paid_amount end) as largest_amount,
        min(case when is_purchase then paid_amount end) as smallest_amount,
        min(case when is_purchase then ordered_at end) as first_purchase_at,
        max(case when is_purchase then ordered_at end) as last_purchase_at,
        min(case when is_purchase and uses_coupon then order_day end) as first_coupon_day,
        max(case when is_purchase and uses_coupon then order_day end) as last_coupon_day,
        max(case when is_sale and returned_amount > 0 and return_day <= {{ as_of() }} then return_day end)
            as last_return_day,
        max(case when status = 'pending' then order_day end) as last_unpaid_day
    from placed
    group by source_profile_id, channel, store_name, is_online

)

select * from final
