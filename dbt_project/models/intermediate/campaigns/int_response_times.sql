with feedback as (

    select * from {{ ref('int_feedback') }}
    where kind = 'activity' and occurred_at < {{ as_of_end() }} and responded_at < {{ as_of_end() }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where accepted_at is not null

),

delivery_events as (

    select * from {{ ref('int_delivery_events') }}
    where event in ('opened', 'clicked')

),

confirmed_invitations as (

    select
        customer_profiles.customer_id,
        {{ hours_between('feedback.occurred_at', 'feedback.responded_at') }} as hours
    from feedback
    inner join customer_profiles on feedback.source_profile_id = customer_profiles.source_profile_id
    where feedback.responded_at >= feedback.occurred_at

),

first_reactions as (

    select
        deliveries.customer_id,
        deliveries.delivery_id,
        deliveries.accepted_at,
        min(delivery_events.occurred_at) as reacted_at
    from deliveries
    inner join delivery_events on deliveries.delivery_id = delivery_events.delivery_id
    group by deliveries.customer_id, deliveries.delivery_id, deliveries.accepted_at

),

answers as (

    select
        customer_id,
        hours
    from confirmed_invitations

    union all

    select
        customer_id,
        {{ hours_between('accepted_at', 'reacted_at') }} as hours
    from first_reactions
    where reacted_at >= accepted_at

),

final as (

    select
        customer_id,
        count(*) as answers,
        round(avg(hours), 2) as response_speed_hours
    from answers
    group by customer_id

)

select * from final
