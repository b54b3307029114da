{#- What messages of each campaign were measured to bring, as builds of each day saw it. Plans lead to figures and
    figures to plans, so what a day finds out is read by the plan of a later day. It only grows. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', tags=['history'], meta={'grows_by': 'change_no', 'published_only': true}
) }}
{%- set figures = [
    'customers', 'holdout_customers', 'messages', 'revenue_mean', 'holdout_revenue_mean', 'revenue_spread',
    'value_score'
] %}

with units as (

    select * from {{ ref('int_campaign_units') }}
    where not is_contaminated

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

messages as (

    select
        campaign_id,
        campaign_version,
        customer_id,
        count(*) as messages
    from {{ ref('campaign_messages') }}
    -- a message in doubt may have been read
    where counted_as in ('sent', 'unknown')
    group by campaign_id, campaign_version, customer_id

),

customer_value as (

    select * from {{ ref('customer_value') }}

),

-- whoever had the goal's whole window to buy; of a campaign that repeats, the window after the first assignment
watched as (

    select
        units.campaign_id,
        units.campaign_version,
        units.is_holdout,
        cast(units.revenue as double) as revenue,
        coalesce(messages.messages, 0) as messages,
        cast(coalesce(customer_value.value_score, 0) as double) as value_score
    from units
    inner join campaigns on units.campaign_id = campaigns.campaign_id
    left join messages
        on units.campaign_id = messages.campaign_id
        and units.campaign_version = messages.campaign_version
        and units.customer_id = messages.customer_id
    left join customer_value on units.customer_id = customer_value.customer_id
    where
        not units.is_open
        or (
            units.watched_until is null
            and {{ add_days('units.assigned_on', 'campaigns.goal_window_days') }} < {{ as_of() }}
        )

),

arms as (

    select
        campaign_id,
        campaign_version,
        is_holdout,
        count(*) as customers,
        sum(messages) as messages,
        {{ in_order('avg', ['revenue']) }} as revenue_mean,
        {{ in_order('var_pop', ['revenue']) }} * count(*) as squares,
        {{ in_order('sum', ['messages * value_score']) }} as scores
    from watched
    group by campaign_id, campaign_version, is_holdout

),

measured as (

    select
        addressed.campaign_id,
        addressed.campaign_version,
        addressed.customers,
        coalesce(held_out.customers, 0) as holdout_customers,
        addressed.messages,
        addressed.revenue_mean,
        held_out.revenue_mean as holdout_revenue_mean,
        -- of both arms together: a small hold-out of whom nobody bought has no spread of its own
        sqrt({{ ratio(
            'addressed.squares + held_out.squares', 'greatest(addressed.customers + held_out.customers - 2, 0)'
        ) }}) as revenue_spread,
        {{ ratio('addressed.scores', 'addressed.messages') }} as value_score
    from arms as addressed
    left join arms as held_out
        on addressed.campaign_id = held_out.campaign_id
        and addressed.campaign_version = held_out.campaign_version
        and held_out.is_holdout
    where not addressed.is_holdout

),
{% if is_incremental() %}
last_change as (

    select coalesce(max(change_no), 0) as change_no from {{ this }}

),

last_seen as (

    select * from {{ this }}
    qualify row_number() over (partition by campaign_id, campaign_version order by change_no desc) = 1

),
{% else %}
last_change as (

    select 0 as change_no

),
{% endif %}
final as (

    select
        measured.campaign_id,
        cast(measured.campaign_version as int) as campaign_version,
        cast(measured.customers as int) as customers,
        cast(measured.holdout_customers as int) as holdout_customers,
        cast(measured.messages as int) as messages,
        cast(last_change.change_no + 1 as bigint) as change_no,
        measured.revenue_mean,
        measured.holdout_revenue_mean,
        measured.revenue_spread,
        measured.value_score,
        {{ as_of() }} as measured_on
    from measured
    cross join last_change
    {%- if is_incremental() %}
    left join last_seen
        on measured.campaign_id = last_seen.campaign_id
        and measured.campaign_version = last_seen.campaign_version
    where
        last_seen.measured_on is null
        or (
            last_seen.measured_on <= {{ as_of() }}
            and (
                {%- for figure in figures %}
                {{ 'or ' if not loop.first }}last_seen.{{ figure }} is distinct from measured.{{ figure }}
                {%- endfor %}
            )
        )
    {%- endif %}

)

select * from final
