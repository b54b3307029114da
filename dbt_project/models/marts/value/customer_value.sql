{%- set components = ['spend', 'order_frequency', 'repurchase_rate', 'response_speed', 'engagement'] -%}
with activity as (

    select * from {{ ref('int_customer_totals') }}

),

response_times as (

    select * from {{ ref('int_response_times') }}

),

rfm as (

    select * from {{ ref('customer_rfm') }}

),

value_quadrants as (

    select * from {{ ref('value_quadrants') }}

),

rules as (

    {{ thresholds([
        'abc_a_percent', 'abc_b_percent', 'high_value_score', 'quadrant_high_percent', 'churned_days', 'rfm_recent_days'
    ]) }}

),

weights as (

    select
    {%- for kind in ['value', 'current', 'potential'] %}
        {%- for component in components %}
        sum(case when component = '{{ component }}' then {{ kind }}_weight end)
            / nullif(cast(sum({{ kind }}_weight) as double), 0) as {{ kind }}_{{ component }},
        {%- endfor %}
    {%- endfor %}
        count(*) as components
    from {{ ref('value_weights') }}

),

loyalty_rules as (

    select
    {%- for tier in ['high_loyalty', 'potential'] %}
        max(case when tier = '{{ tier }}' then min_r_score end) as {{ tier }}_r,
        max(case when tier = '{{ tier }}' then min_f_score end) as {{ tier }}_f,
        max(case when tier = '{{ tier }}' then min_frequency end) as {{ tier }}_orders,
        max(case when tier = '{{ tier }}' then max_recency_days end) as {{ tier }}_days,
        max(case when tier = '{{ tier }}' then min_interactions_30d end)
            as {{ tier }}_interactions{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('loyalty_tiers') }}

),

measured as (

    select
        activity.customer_id,
        activity.interactions_30d,
        {{ days_between('greatest(activity.last_purchase_at, activity.last_interaction_at)', as_of()) }} as silent_days,
        greatest(activity.net_revenue, 0) as revenue,
        greatest(activity.recent_revenue, 0) as spend_6m,
        cast(activity.orders_12m as double) / 12 as order_frequency,
        coalesce(
            cast(greatest(activity.orders_count - 1, 0) as double) / nullif(cast(activity.orders_count as double), 0), 0
        ) as repurchase_rate,
        response_times.response_speed_hours
    from activity
    left join response_times on activity.customer_id = response_times.customer_id

),

-- equal values share a rank; whoever never answered ranks as the slowest
ranked as (

    select
        measured.*,
        percent_rank() over (order by spend_6m) as spend_rank,
        percent_rank() over (order by order_frequency) as order_frequency_rank,
        percent_rank() over (order by repurchase_rate) as repurchase_rate_rank,
        percent_rank() over (order by response_speed_hours desc nulls first) as response_speed_rank,
        percent_rank() over (order by interactions_30d) as engagement_rank,
        sum(revenue) over (order by revenue desc) as revenue_so_far,
        sum(revenue) over () as revenue_total
    from measured

),

scored as (

    select
        ranked.*,
        {%- for kind in ['value', 'current', 'potential'] %}
        round(100 * (
            {%- for component in components %}
            {{ '+ ' if not loop.first }}ranked.{{ component }}_rank * weights.{{ kind }}_{{ component }}
            {%- endfor %}
        ), 2) as {{ kind }}_score,
        {%- endfor %}
        cast(ranked.revenue as double) / nullif(cast(ranked.revenue_total as double), 0) as revenue_share,
        cast(ranked.revenue_so_far as double) / nullif(cast(ranked.revenue_total as double), 0)
            as cumulative_revenue_share
    from ranked
    cross join weights

),

-- high is above the mean and among the best; equal scores share a place, so with equal customers nobody is high.
-- Ranks are relative, so whoever is silent for as long as a churned customer is not high whatever the rank
placed as (

    select
        scored.*,
        current_score > avg(current_score) over ()
        and percent_rank() over (order by current_score desc) < rules.quadrant_high_percent / 100.0
        and coalesce(scored.silent_days < rules.churned_days, true) as is_current_high,
        potential_score > avg(potential_score) over ()
        and percent_rank() over (order by potential_score desc) < rules.quadrant_high_percent / 100.0
        and coalesce(scored.silent_days < rules.churned_days, true) as is_potential_high
    from scored
    cross join rules

),

-- the class is decided by the share that stands before the customer, so the best one is always in class A
final as (

    select
        placed.customer_id,
        case
            when placed.revenue = 0 then 'C'
            when placed.revenue_so_far - placed.revenue < placed.revenue_total * rules.abc_a_percent / 100 then 'A'
            when placed.revenue_so_far - placed.revenue < placed.revenue_total * rules.abc_b_percent / 100 then 'B'
            else 'C'
        end as abc_class,
        quadrants.quadrant,
        case
            {%- for tier in ['high_loyalty', 'potential'] %}
            when
                (
                    coalesce(rfm.r_score, 0) >= loyalty_rules.{{ tier }}_r
                    or rfm.recency_days <= rules.rfm_recent_days
                )
                and coalesce(rfm.f_score, 0) >= loyalty_rules.{{ tier }}_f
                and coalesce(rfm.frequency, 0) >= loyalty_rules.{{ tier }}_orders
                and rfm.recency_days <= loyalty_rules.{{ tier }}_days
                and placed.interactions_30d >= loyalty_rules.{{ tier }}_interactions
                then '{{ tier }}'
            {%- endfor %}
            else 'to_be_activated'
        end as loyalty_tier,
        case when placed.value_score >= rules.high_value_score then 'high' else 'ordinary' end as value_tier,
        cast(placed.spend_6m as decimal(18, 2)) as spend_6m,
        round(placed.order_frequency, 4) as order_frequency,
        round(placed.repurchase_rate, 4) as repurchase_rate,
        placed.response_speed_hours,
        placed.value_score,
        placed.current_score as current_value_score,
        placed.potential_score as potential_value_score,
        round(coalesce(placed.revenue_share, 0), 8) as revenue_share,
        round(coalesce(placed.cumulative_revenue_share, 0), 8) as cumulative_revenue_share,
        {{ as_of() }} as as_of
    from placed
    cross join rules
    cross join loyalty_rules
    left join rfm on placed.customer_id = rfm.customer_id
    inner join value_quadrants as quadrants
        on placed.is_current_high = quadrants.is_current_high
        and placed.is_potential_high = quadrants.is_potential_high

)

select * from final
