{{ kept_by('customer_id') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where is_profile and {{ among_affected('customer_id') }}

),

points as (

    select * from {{ ref('int_points') }}
    where held_reason is null and occurred_at < {{ as_of_end() }}

),

totals as (

    select * from {{ ref('int_customer_totals') }}
    where {{ among_affected('customer_id') }}

),

of_customers as (

    select
        profiles.customer_id,
        points.kind,
        points.points,
        cast(points.occurred_at as date) as entry_day
    from points
    inner join profiles on points.source_profile_id = profiles.source_profile_id

),

summed as (

    select
        customer_id,
        cast(sum(points) as bigint) as points_balance,
        cast(sum(case when kind = 'earn' then points else 0 end) as bigint) as earned_points,
        cast(sum(case when kind = 'spend' then -points else 0 end) as bigint) as spent_points,
        cast(sum(case when kind = 'expire' then -points else 0 end) as bigint) as expired_points,
        count(case when kind = 'earn' then 1 end) as earnings,
        count(case when kind = 'spend' then 1 end) as redemptions,
        count(case when kind = 'expire' then 1 end) as expiries,
        min(case when kind = 'earn' then entry_day end) as first_earning_day,
        max(case when kind = 'earn' then entry_day end) as last_earning_day,
        min(case when kind = 'spend' then entry_day end) as first_redemption_day,
        max(case when kind = 'spend' then entry_day end) as last_redemption_day,
        max(case when kind = 'expire' then entry_day end) as last_expiry_day
    from of_customers
    group by customer_id

),

final as (

    select
        summed.customer_id,
        case when summed.points_balance > 0 then summed.points_balance end as points_balance,
        nullif(summed.earned_points, 0) as earned_points,
        nullif(summed.redemptions, 0) as redemptions,
        nullif(summed.expiries, 0) as expiries,
        {{ share_of('summed.redemptions', 'summed.earnings', 8) }} as redemption_share,
        {{ share_of('summed.spent_points', 'summed.earned_points') }} as spent_point_share,
        {{ share_of('summed.expired_points', 'summed.earned_points') }} as expired_point_share,
        case when summed.redemptions = 0 then summed.points_balance end as unredeemed_points,
        case when summed.redemptions = 0 then summed.earnings end as earnings_without_redemption,
        round({{ ratio('summed.earnings', 'totals.orders_count') }}, 4) as earning_share,
        summed.first_earning_day,
        summed.last_earning_day,
        summed.first_redemption_day,
        summed.last_redemption_day,
        summed.last_expiry_day,
        {{ days_between('summed.first_earning_day', 'summed.first_redemption_day') }} as days_to_redemption
    from summed
    inner join totals on summed.customer_id = totals.customer_id

)

select * from final
