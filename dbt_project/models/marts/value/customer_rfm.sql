with activity as (

    select * from {{ ref('int_customer_totals') }}

),

segments_8 as (

    select * from {{ ref('rfm_segments_8') }}

),

segments_11 as (

    select * from {{ ref('rfm_segments_11') }}

),

rules as (

    {{ thresholds(['rfm_recent_days', 'rfm_silent_days', 'rfm_frequent_orders', 'rfm_lost_days']) }}

),

buyers as (

    select
        customer_id,
        orders_count as orders_ever,
        {{ days_between('window_last_day', as_of()) }} as recency_days,
        cast(window_orders as int) as frequency,
        window_revenue as monetary
    from activity
    where window_orders > 0

),

-- scores of recency and frequency, and names, are the same for everybody of a kind: found for kinds, not for customers
kinds as (

    select distinct
        recency_days,
        frequency,
        orders_ever
    from buyers

),
{%- if var('rfm_scoring', 'quantile') == 'fixed' %}

fixed_scores as (

    select
    {%- for score in [2, 3, 4, 5] %}
        max(case when score = {{ score }} then recency_at_most end) as r_{{ score }},
        max(case when score = {{ score }} then frequency_at_least end) as f_{{ score }},
        max(case when score = {{ score }} then monetary_at_least end) as m_{{ score }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('rfm_fixed_scores') }}

),

scored_kinds as (

    select
        kinds.*,
        case
            {%- for score in [5, 4, 3, 2] %}
            when kinds.recency_days <= fixed_scores.r_{{ score }} then {{ score }}
            {%- endfor %}
            else 1
        end as r_score,
        case
            {%- for score in [5, 4, 3, 2] %}
            when kinds.frequency >= fixed_scores.f_{{ score }} then {{ score }}
            {%- endfor %}
            else 1
        end as f_score
    from kinds
    cross join fixed_scores

),

monetary_scores as (

    select distinct
        buyers.monetary,
        case
            {%- for score in [5, 4, 3, 2] %}
            when buyers.monetary >= fixed_scores.m_{{ score }} then {{ score }}
            {%- endfor %}
            else 1
        end as m_score
    from buyers
    cross join fixed_scores

),
{%- else %}

-- the position of a value is 1 + the number of customers with a worse one, counted over distinct values
recency_positions as (

    select
        recency_days,
        cast(sum(count(*)) over (order by recency_days desc) - count(*) + 1 as bigint) as position
    from buyers
    group by recency_days

),

frequency_positions as (

    select
        frequency,
        cast(sum(count(*)) over (order by frequency) - count(*) + 1 as bigint) as position
    from buyers
    group by frequency

),

monetary_positions as (

    select
        monetary,
        cast(sum(count(*)) over (order by monetary) - count(*) + 1 as bigint) as position
    from buyers
    group by monetary

),

population as (

    select count(*) as n from buyers

),

scored_kinds as (

    select
        kinds.*,
        {{ quantile_score('recency_positions.position', 'population.n') }} as r_score,
        {{ quantile_score('frequency_positions.position', 'population.n') }} as f_score
    from kinds
    inner join recency_positions on kinds.recency_days = recency_positions.recency_days
    inner join frequency_positions on kinds.frequency = frequency_positions.frequency
    cross join population

),

monetary_scores as (

    select
        monetary_positions.monetary,
        {{ quantile_score('monetary_positions.position', 'population.n') }} as m_score
    from monetary_positions
    cross join population

),
{%- endif %}

-- of the 11 segments the first rule that fits
named_kinds as (

    select
        scored_kinds.recency_days,
        scored_kinds.frequency,
        scored_kinds.orders_ever,
        scored_kinds.r_score,
        scored_kinds.f_score,
        min(segments_11.position) as position
    from scored_kinds
    left join segments_11
        on scored_kinds.r_score between segments_11.min_r_score and segments_11.max_r_score
        and scored_kinds.f_score between segments_11.min_f_score and segments_11.max_f_score
        and scored_kinds.recency_days between segments_11.min_recency_days and segments_11.max_recency_days
        and scored_kinds.frequency between segments_11.min_frequency and segments_11.max_frequency
        and scored_kinds.orders_ever <= segments_11.max_orders_ever
    group by
        scored_kinds.recency_days,
        scored_kinds.frequency,
        scored_kinds.orders_ever,
        scored_kinds.r_score,
        scored_kinds.f_score

),

scored as (

    select
        buyers.*,
        named_kinds.r_score,
        named_kinds.f_score,
        monetary_scores.m_score,
        named_kinds.position
    from buyers
    inner join named_kinds
        on buyers.recency_days = named_kinds.recency_days
        and buyers.frequency = named_kinds.frequency
        and buyers.orders_ever = named_kinds.orders_ever
    inner join monetary_scores on buyers.monetary = monetary_scores.monetary

),

means as (

    select
        count(*) as n,
        sum(r_score) as r_total,
        sum(f_score) as f_total,
        sum(m_score) as m_total
    from scored

),

-- a score is relative, so days and orders bound what may count as high
graded as (

    select
        scored.*,
        scored.recency_days <= rules.rfm_recent_days
        or (scored.r_score * means.n > means.r_total and scored.recency_days <= rules.rfm_silent_days) as is_r_high,
        scored.f_score * means.n > means.f_total
        and scored.frequency >= rules.rfm_frequent_orders
        and scored.recency_days <= rules.rfm_lost_days as is_f_high,
        scored.m_score * means.n > means.m_total as is_m_high
    from scored
    cross join means
    cross join rules

),

final as (

    select
        graded.customer_id,
        segments_8.segment as segment_8,
        segments_8.name_zh as segment_8_zh,
        segments_11.segment as segment_11,
        segments_11.name_zh as segment_11_zh,
        cast(graded.r_score * 100 + graded.f_score * 10 + graded.m_score as string) as rfm_score,
        graded.recency_days,
        graded.frequency,
        graded.monetary,
        graded.r_score,
        graded.f_score,
        graded.m_score,
        graded.is_r_high,
        graded.is_f_high,
        graded.is_m_high,
        {{ as_of() }} as as_of
    from graded
    inner join segments_8
        on graded.is_r_high = segments_8.is_r_high
        and graded.is_f_high = segments_8.is_f_high
        and graded.is_m_high = segments_8.is_m_high
    left join segments_11 on graded.position = segments_11.position

)

select * from final
