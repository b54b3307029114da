{{ kept_by('customer_id') }}

with sales as (

    select * from {{ ref('int_dated_sales') }}
    where source_profile_id is not null

),

interactions_daily as (

    select * from {{ ref('int_interactions_daily') }}
    where interaction_day <= {{ as_of() }}

),

feedback as (

    select * from {{ ref('int_feedback') }}
    where kind = 'ticket' and occurred_at < {{ as_of_end() }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

-- an amount paid is dated by its order, an amount returned by its refund
united as (

    select
        source_profile_id,
        channel,
        store_name,
        1 as orders,
        case when is_purchase then 1 else 0 end as purchases,
        paid_amount as net_revenue,
        0 as interactions,
        0 as complaints,
        order_day as activity_day
    from sales
    where is_sale and order_day <= {{ as_of() }}

    union all

    select
        source_profile_id,
        channel,
        store_name,
        0 as orders,
        0 as purchases,
        -returned_amount as net_revenue,
        0 as interactions,
        0 as complaints,
        return_day as activity_day
    from sales
    where returned_amount <> 0 and return_day <= {{ as_of() }}

    union all

    select
        source_profile_id,
        channel,
        cast(null as string) as store_name,
        0 as orders,
        0 as purchases,
        0 as net_revenue,
        interactions,
        0 as complaints,
        interaction_day as activity_day
    from interactions_daily

    union all

    select
        source_profile_id,
        channel,
        cast(null as string) as store_name,
        0 as orders,
        0 as purchases,
        0 as net_revenue,
        0 as interactions,
        1 as complaints,
        cast(occurred_at as date) as activity_day
    from feedback
    where ticket_type = 'complaint'

),

final as (

    select
        customer_profiles.customer_id,
        united.channel,
        united.store_name,
        cast(sum(united.orders) as int) as orders,
        cast(sum(united.purchases) as int) as purchases,
        cast(sum(united.net_revenue) as decimal(18, 2)) as net_revenue,
        cast(sum(united.interactions) as bigint) as interactions,
        cast(sum(united.complaints) as int) as complaints,
        united.activity_day
    from united
    inner join customer_profiles on united.source_profile_id = customer_profiles.source_profile_id
    group by customer_profiles.customer_id, united.channel, united.store_name, united.activity_day

)

select * from final
