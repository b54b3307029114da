with orders as (

    select * from {{ ref('int_orders') }}

),

points as (

    select * from {{ ref('int_points') }}

),

feedback as (

    select * from {{ ref('int_feedback') }}

),

interactions as (
    {{ united('interactions') }}
),

held as (

    select
        channel,
        'orders' as concept,
        held_reason as reason,
        held_value as value,
        count(*) as held_rows
    from orders
    where held_reason is not null
    group by channel, held_reason, held_value

    union all

    select
        channel,
        'points' as concept,
        held_reason as reason,
        held_value as value,
        count(*) as held_rows
    from points
    where held_reason is not null
    group by channel, held_reason, held_value

    union all

    select
        channel,
        'interactions' as concept,
        'no_time' as reason,
        cast(null as string) as value,
        count(*) as held_rows
    from interactions
    where occurred_at is null and not coalesce(is_withdrawn, false)
    group by channel

    union all

    select
        channel,
        'feedback' as concept,
        'no_time' as reason,
        cast(null as string) as value,
        count(*) as held_rows
    from feedback
    where occurred_at is null
    group by channel

),

totals as (

    select
        channel,
        'orders' as concept,
        count(*) as all_rows,
        count(held_reason) as all_held
    from orders
    group by channel

    union all

    select
        channel,
        'points' as concept,
        count(*) as all_rows,
        count(held_reason) as all_held
    from points
    group by channel

),

final as (

    select
        held.channel,
        held.concept,
        held.reason,
        held.value,
        cast(held.held_rows as bigint) as held_rows,
        cast(totals.all_held as bigint) as channel_held_rows,
        {{ ratio('totals.all_held', 'totals.all_rows') }} as channel_held_share
    from held
    left join totals
        on held.channel = totals.channel
        and held.concept = totals.concept

)

select * from final
