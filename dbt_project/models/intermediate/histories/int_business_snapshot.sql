{%- set core_fields = [
    ['name_token'], ['phone_token', 'email_token'], ['gender'], ['birthday'], ['city', 'province']
] -%}
with customers as (

    select * from {{ ref('customers') }}

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

customer_values as (

    select * from {{ ref('customer_value') }}

),

data_quality as (

    select * from {{ ref('data_quality') }}

),

purchases as (

    select * from {{ ref('int_metrics__products') }}

),

daily_metrics as (

    select * from {{ ref('daily_metrics') }}

),

company_sources as (

    select * from {{ ref('company_sources') }}

),

business_needs as (

    select * from {{ ref('int_business_needs') }}

),

described as (

    select
        customers.customer_id,
        customers.orders_count,
        customers.source_profiles,
        lifecycle.stage,
        customer_values.value_tier,
        lifecycle.interactions_30d > 0
        or customers.last_purchase_at >= {{ add_days(as_of(), '-29') }} as is_active,
        customers.message_phone_token is not null
        or customers.email_token is not null
        or customers.app_user_id is not null
        or customers.wecom_external_userid is not null as is_reachable,
        {%- for fields in core_fields %}
        {{ '+ ' if not loop.first }}case when
            {%- for field in fields %} customers.{{ field }} is not null{{ ' or' if not loop.last }}{% endfor %}
            then 1 else 0 end
        {%- endfor %} as core_fields
    from customers
    left join lifecycle on customers.customer_id = lifecycle.customer_id
    left join customer_values on customers.customer_id = customer_values.customer_id

),

counted as (

    select
        count(*) as customers,
        count(case when source_profiles > 1 then 1 end) as merged_customers,
        count(case when is_reachable then 1 end) as reachable_customers,
        coalesce(sum(core_fields), 0) as core_fields_known,
        5 * count(*) as core_fields,
        count(case when orders_count > 0 then 1 end) as buyers_ever,
        count(case when is_active then 1 end) as active_customers_30d,
        count(case when stage = 'dormant' then 1 end) as dormant_customers,
        count(case when stage = 'churned' then 1 end) as churned_customers,
        count(case when value_tier = 'high' then 1 end) as high_value_customers
    from described

),

rows_in as (

    select
        coalesce(sum(physical_rows), 0) as rows_read,
        coalesce(sum(loaded_rows), 0) as rows_loaded,
        count(distinct case when loaded_rows > 0 then channel end) as channels_connected
    from data_quality
    where channel <> 'operations'

),

connected as (

    select
        channel,
        sum(loaded_rows) as loaded_rows
    from data_quality
    where loaded_rows > 0 and channel <> 'operations'
    group by channel

),

-- a list that lacks a connected channel is out of date: then nobody knows how many sources there are
sources as (

    select
        count(distinct company_sources.source) as known,
        count(distinct case when connected.channel is not null then company_sources.source end)
            as connected,
        count(case when connected.channel is not null and company_sources.source is null then 1 end)
            as unlisted_channels
    from company_sources
    full outer join connected on company_sources.channel = connected.channel

),

-- of a channel that several sources share, one that needs a hand is enough
automatic_channels as (

    select channel from company_sources
    where channel is not null
    group by channel
    having min(case when is_automatic then 1 else 0 end) = 1

),

automatic as (

    select coalesce(sum(connected.loaded_rows), 0) as loaded_rows
    from connected
    inner join automatic_channels on connected.channel = automatic_channels.channel

),

bought_categories as (

    select
        count(*) as buyers,
        count(case when categories > 1 then 1 end) as buyers_of_several
    from purchases
    where categories is not null

),

behaviour as (

    select
        sum(case when metric_date = {{ add_days(as_of(), '-1') }} then interactions end) as interactions_1_day_ago,
        sum(case when metric_date = {{ add_days(as_of(), '-8') }} then interactions end) as interactions_8_days_ago
    from daily_metrics

),

final as (

    select
        cast(counted.customers as bigint) as customers,
        cast(counted.merged_customers as bigint) as merged_customers,
        cast(counted.reachable_customers as bigint) as reachable_customers,
        cast(counted.core_fields_known as bigint) as core_fields_known,
        cast(counted.core_fields as bigint) as core_fields,
        cast(counted.buyers_ever as bigint) as buyers_ever,
        cast(counted.active_customers_30d as bigint) as active_customers_30d,
        cast(counted.dormant_customers as bigint) as dormant_customers,
        cast(counted.churned_customers as bigint) as churned_customers,
        cast(counted.high_value_customers as bigint) as high_value_customers,
        cast(rows_in.rows_read as bigint) as rows_read,
        cast(rows_in.rows_loaded as bigint) as rows_loaded,
        cast(rows_in.channels_connected as int) as channels_connected,
        cast(bought_categories.buyers as bigint) as category_buyers,
        cast(bought_categories.buyers_of_several as bigint) as cross_category_buyers,
        cast(case when sources.unlisted_channels = 0 then sources.known end as int) as company_sources,
        cast(case when sources.unlisted_channels = 0 then sources.connected end as int) as sources_connected,
        cast(case when sources.unlisted_channels = 0 then automatic.loaded_rows end as bigint) as rows_automatic,
        cast(behaviour.interactions_1_day_ago as bigint) as interactions_1_day_ago,
        cast(behaviour.interactions_8_days_ago as bigint) as interactions_8_days_ago,
        business_needs.needs_tested,
        business_needs.needs_confirmed,
        business_needs.open_opportunities,
        {{ as_of() }} as as_of
    from counted
    cross join rows_in
    cross join bought_categories
    cross join sources
    cross join automatic
    cross join behaviour
    cross join business_needs

)

select * from final
