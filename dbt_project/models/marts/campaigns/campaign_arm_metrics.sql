{#- Sums of each arm, from which intelligence/experiments reads without seeing a unit. A metric: its value, whether it
    says yes or no, and the covariate from before the assignment. -#}
{%- set metrics = [
    ('converted', 'is_converted', true, 'orders_before'),
    ('revenue', 'revenue', false, 'revenue_before'),
    ('sent', 'is_sent', true, none),
    ('delivered', 'is_delivered', true, none),
    ('opened', 'is_opened', true, none),
    ('clicked', 'is_clicked', true, none),
    ('opted_out', 'is_opted_out', true, none),
    ('complained', 'is_complaint', true, none),
] -%}
with units as (

    select * from {{ ref('int_campaign_units') }}
    where not is_contaminated

),

-- of fewer than 10,000 units the highest hundredth is capped, of more the highest thousandth
caps as (

    select
        campaign_id,
        campaign_version,
        percentile_cont(0.01) within group (order by cast(revenue as double)) as low_of_few,
        percentile_cont(0.99) within group (order by cast(revenue as double)) as high_of_few,
        percentile_cont(0.001) within group (order by cast(revenue as double)) as low_of_many,
        percentile_cont(0.999) within group (order by cast(revenue as double)) as high_of_many,
        count(*) as units
    from units
    group by campaign_id, campaign_version

),

capped as (

    select
        units.*,
        case when caps.units >= 10000 then caps.low_of_many else caps.low_of_few end as cap_low,
        case when caps.units >= 10000 then caps.high_of_many else caps.high_of_few end as cap_high
    from units
    inner join caps
        on units.campaign_id = caps.campaign_id
        and units.campaign_version = caps.campaign_version

),

measured as (
    {%- for name, column, is_share, covariate in metrics %}
    {% if not loop.first %}union all{% endif %}
    select
        campaign_id,
        campaign_version,
        arm,
        '{{ name }}' as metric,
        {{ "'" ~ covariate ~ "'" if covariate else 'cast(null as string)' }} as covariate,
        {{ is_share | lower }} as is_share,
        is_sent,
        {%- if is_share %}
        cast(case when {{ column }} then 1 when not {{ column }} then 0 end as double) as metric_value,
        {%- else %}
        cast({{ column }} as double) as metric_value,
        {%- endif %}
        cast({{ covariate or 'null' }} as double) as covariate_value,
        {{ 'cap_low' if column == 'revenue' else 'cast(null as double)' }} as cap_low,
        {{ 'cap_high' if column == 'revenue' else 'cast(null as double)' }} as cap_high
    from capped
    {%- endfor %}

),

known as (

    select
        *,
        case when is_sent then metric_value end as sent_value,
        case when metric_value is not null then covariate_value end as known_covariate,
        case when cap_low < cap_high then least(greatest(metric_value, cap_low), cap_high) end as capped_value
    from measured

),

-- squares and products are of deviations from the arm's means: raw ones lose their digits where a mean is large
final as (

    select
        campaign_id,
        arm,
        metric,
        covariate,
        is_share,
        cast(campaign_version as int) as campaign_version,
        cast(count(metric_value) as int) as units,
        cast(count(*) - count(metric_value) as int) as missing_units,
        cast(count(sent_value) as int) as sent_units,
        {{ in_order('avg', ['metric_value']) }} as mean,
        {{ in_order('var_pop', ['metric_value']) }} * count(metric_value) as squares,
        min(metric_value) as lowest,
        max(metric_value) as highest,
        {{ in_order('avg', ['known_covariate']) }} as covariate_mean,
        {{ in_order('var_pop', ['known_covariate']) }} * count(known_covariate) as covariate_squares,
        {{ in_order('covar_pop', ['metric_value', 'known_covariate']) }} * count(known_covariate) as products,
        {{ in_order('avg', ['sent_value']) }} as sent_mean,
        {{ in_order('var_pop', ['sent_value']) }} * count(sent_value) as sent_squares,
        {{ in_order('avg', ['capped_value']) }} as capped_mean,
        {{ in_order('var_pop', ['capped_value']) }} * count(capped_value) as capped_squares,
        min(case when cap_low < cap_high then cap_low end) as cap_low,
        max(case when cap_low < cap_high then cap_high end) as cap_high
    from known
    group by campaign_id, campaign_version, arm, metric, covariate, is_share

)

select * from final
