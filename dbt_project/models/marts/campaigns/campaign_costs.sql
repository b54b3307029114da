with counted as (

    select * from {{ ref('int_campaign_costs') }}

),

budget_lines as (

    select * from {{ ref('budget_lines') }}

),

campaign_expenses as (

    select * from {{ ref('campaign_expenses') }}
    where spent_on <= {{ as_of() }}

),

booked as (

    select
        campaign_id,
        campaign_version,
        line,
        sum(amount) as booked
    from campaign_expenses
    group by campaign_id, campaign_version, line

),

lines as (

    select
        counted.campaign_id,
        counted.campaign_version,
        budget_lines.line,
        budget_lines.position,
        counted.total_budget * budget_lines.share_percent / 100 as budgeted,
        case budget_lines.counted_from
            when 'messages' then counted.message_cost
            when 'offers' then counted.offer_cost
            else 0
        end as counted,
        coalesce(booked.booked, 0) as booked
    from counted
    cross join budget_lines
    left join booked
        on counted.campaign_id = booked.campaign_id
        and counted.campaign_version = booked.campaign_version
        and budget_lines.line = booked.line

),

final as (

    select
        campaign_id,
        line,
        cast(campaign_version as int) as campaign_version,
        cast(position as int) as position,
        cast(budgeted as decimal(18, 2)) as budgeted,
        cast(counted as decimal(18, 2)) as counted,
        cast(booked as decimal(18, 2)) as booked,
        cast(counted as decimal(18, 2)) + cast(booked as decimal(18, 2)) as spent,
        {{ as_of() }} as as_of
    from lines

)

select * from final
