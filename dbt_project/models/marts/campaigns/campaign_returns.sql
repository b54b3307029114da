with campaign_costs as (

    select * from {{ ref('campaign_costs') }}

),

performance as (

    select
        campaign_id,
        campaign_version,
        sum(converted) as conversions,
        sum(converted_revenue) as converted_revenue
    from {{ ref('campaign_performance') }}
    group by campaign_id, campaign_version

),

increments as (

    select * from {{ ref('campaign_increments') }}
    where variant = '*'

),

-- one unknown part makes the sum unknown
spent as (

    select
        campaign_id,
        campaign_version,
        sum(budgeted) as budgeted,
        case when count(*) = count(spent) then sum(spent) end as spent
    from campaign_costs
    group by campaign_id, campaign_version

),

-- the more conversions there are, the less each costs: the upper end of one interval makes the lower end of the other
final as (

    select
        spent.campaign_id,
        cast(spent.campaign_version as int) as campaign_version,
        cast(performance.conversions as int) as conversions,
        cast(spent.budgeted as decimal(18, 2)) as budgeted,
        cast(spent.spent as decimal(18, 2)) as spent,
        cast(performance.converted_revenue as decimal(18, 2)) as converted_revenue,
        converted.increment as incremental_conversions,
        converted.increment_low as incremental_conversions_low,
        converted.increment_high as incremental_conversions_high,
        revenue.increment as incremental_revenue,
        revenue.increment_low as incremental_revenue_low,
        revenue.increment_high as incremental_revenue_high,
        case when converted.increment > 0 then spent.spent / converted.increment end
            as cost_per_incremental_conversion,
        case when converted.increment_high > 0 then spent.spent / converted.increment_high end
            as cost_per_incremental_conversion_low,
        case when converted.increment_low > 0 then spent.spent / converted.increment_low end
            as cost_per_incremental_conversion_high,
        revenue.increment - spent.spent as net_return,
        revenue.increment_low - spent.spent as net_return_low,
        revenue.increment_high - spent.spent as net_return_high,
        {{ as_of() }} as as_of
    from spent
    left join performance
        on spent.campaign_id = performance.campaign_id
        and spent.campaign_version = performance.campaign_version
    left join increments as converted
        on spent.campaign_id = converted.campaign_id
        and spent.campaign_version = converted.campaign_version
        and converted.metric = 'converted'
    left join increments as revenue
        on spent.campaign_id = revenue.campaign_id
        and spent.campaign_version = revenue.campaign_version
        and revenue.metric = 'revenue'

)

select * from final
