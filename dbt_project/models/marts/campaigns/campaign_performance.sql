{%- set figures = ['held', 'refused', 'expired', 'cancelled', 'sent', 'unknown'] -%}
{%- set events = ['delivered', 'opened', 'clicked', 'bounced', 'failed', 'unsubscribed'] -%}
with campaign_plan as (

    select * from {{ ref('campaign_plan') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}

),

delivery_events as (

    select * from {{ ref('int_delivery_events') }}

),

holdouts as (

    select * from {{ ref('int_campaign_holdouts') }}
    where held_out_on <= {{ as_of() }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

orders as (

    select * from {{ ref('int_orders') }}
    where is_paid and ordered_at < {{ as_of_end() }} and (returned_at is null or returned_at >= {{ as_of_end() }})

),

-- what a tool reports about a message is no goal: the hold-out gets none, and unsubscribing is no success
interactions as (

    select * from {{ ref('int_interactions') }}
    where is_inbound and channel <> 'operations' and interaction_day <= {{ as_of() }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

reported as (

    select
        delivery_id,
        {%- for event in events %}
        bool_or(event = '{{ event }}') as is_{{ event }}{{ ',' if not loop.last }}
        {%- endfor %}
    from delivery_events
    group by delivery_id

),

followed as (

    select
        deliveries.*,
        deliveries.counted_as = 'sent' as is_out,
        {%- for event in events %}
        coalesce(reported.is_{{ event }}, false) or deliveries.state = '{{ event }}' as is_{{ event }},
        {%- endfor %}
        -- a message of before there were variants
        coalesce(deliveries.variant, 'none') as message_variant
    from deliveries
    left join reported on deliveries.delivery_id = reported.delivery_id

),

messages as (

    select
        campaign_id,
        campaign_version,
        channel,
        message_variant as variant,
        count(*) as planned,
        {%- for figure in figures %}
        count(case when counted_as = '{{ figure }}' then 1 end) as {{ figure }},
        {%- endfor %}
        {%- for event in events %}
        count(case when is_{{ event }} then 1 end) as {{ event }}{{ ',' if not loop.last }}
        {%- endfor %}
    from followed
    group by campaign_id, campaign_version, channel, message_variant

),

people_of_interest as (

    select customer_id from deliveries
    union
    select coalesce(redirects.customer_id, holdouts.customer_id) as customer_id
    from holdouts
    left join redirects on holdouts.customer_id = redirects.retired_customer_id

),

purchases as (

    select
        'purchase' as goal,
        customer_profiles.customer_id,
        orders.order_id as event_id,
        orders.net_amount,
        orders.ordered_at as occurred_at
    from orders
    inner join customer_profiles on orders.source_profile_id = customer_profiles.source_profile_id
    inner join people_of_interest on customer_profiles.customer_id = people_of_interest.customer_id

),

-- no campaign with this goal: no interaction is read
contacts as (

    select
        goals.goal,
        customer_profiles.customer_id,
        interactions.interaction_id as event_id,
        cast(0 as decimal(18, 2)) as net_amount,
        interactions.occurred_at
    from (
        select distinct goal from campaigns
        where goal = 'interaction'
    ) as goals
    cross join interactions
    inner join customer_profiles on interactions.source_profile_id = customer_profiles.source_profile_id
    inner join people_of_interest on customer_profiles.customer_id = people_of_interest.customer_id

),

achieved as (

    select * from purchases
    union all
    select * from contacts

),

-- what is achieved counts for the last message of the row's kind before it, inside the campaign's window
attributed as (

    select
        followed.delivery_id,
        followed.campaign_id,
        followed.campaign_version,
        followed.channel,
        followed.message_variant as variant,
        achieved.net_amount
    from followed
    inner join campaigns on followed.campaign_id = campaigns.campaign_id
    inner join achieved
        on followed.customer_id = achieved.customer_id
        and campaigns.goal = achieved.goal
    where
        followed.is_out
        and achieved.occurred_at > followed.accepted_at
        and {{ days_between('followed.accepted_at', 'achieved.occurred_at') }} <= campaigns.goal_window_days
    qualify row_number() over (
        partition by
            achieved.event_id, followed.campaign_id, followed.campaign_version, followed.channel,
            followed.message_variant
        order by followed.accepted_at desc, followed.delivery_id
    ) = 1

),

conversions as (

    select
        campaign_id,
        campaign_version,
        channel,
        variant,
        count(distinct delivery_id) as converted,
        sum(net_amount) as converted_revenue
    from attributed
    group by campaign_id, campaign_version, channel, variant

),

comparison as (

    select
        holdouts.campaign_id,
        holdouts.campaign_version,
        coalesce(redirects.customer_id, holdouts.customer_id) as customer_id,
        min(holdouts.held_out_on) as held_out_on
    from holdouts
    left join redirects on holdouts.customer_id = redirects.retired_customer_id
    group by holdouts.campaign_id, holdouts.campaign_version, coalesce(redirects.customer_id, holdouts.customer_id)

),

comparison_achievers as (

    select distinct
        comparison.campaign_id,
        comparison.campaign_version,
        comparison.customer_id
    from comparison
    inner join campaigns on comparison.campaign_id = campaigns.campaign_id
    inner join achieved
        on comparison.customer_id = achieved.customer_id
        and campaigns.goal = achieved.goal
    where {{ days_between('comparison.held_out_on', 'achieved.occurred_at') }} between 1 and campaigns.goal_window_days

),

compared as (

    select
        comparison.campaign_id,
        comparison.campaign_version,
        count(*) as holdout_customers,
        count(comparison_achievers.customer_id) as holdout_converted
    from comparison
    left join comparison_achievers
        on comparison.campaign_id = comparison_achievers.campaign_id
        and comparison.campaign_version = comparison_achievers.campaign_version
        and comparison.customer_id = comparison_achievers.customer_id
    group by comparison.campaign_id, comparison.campaign_version

),

-- a campaign shows from its first plan on, before anything was sent
shown as (

    select
        campaign_id,
        campaign_version,
        channel,
        variant
    from campaign_plan
    union
    select
        campaign_id,
        campaign_version,
        channel,
        variant
    from messages

),

final as (

    select
        shown.campaign_id,
        shown.campaign_version,
        shown.channel,
        shown.variant,
        campaigns.name_zh,
        campaigns.name_en,
        {%- for measure in ['planned'] + figures[:-1] + events + figures[-1:] %}
        cast(coalesce(messages.{{ measure }}, 0) as int) as {{ measure }},
        {%- endfor %}
        cast(coalesce(conversions.converted, 0) as int) as converted,
        cast(coalesce(conversions.converted_revenue, 0) as decimal(18, 2)) as converted_revenue,
        cast(coalesce(compared.holdout_customers, 0) as int) as holdout_customers,
        cast(coalesce(compared.holdout_converted, 0) as int) as holdout_converted,
        {{ as_of() }} as as_of
    from shown
    left join campaigns on shown.campaign_id = campaigns.campaign_id
    left join messages
        on shown.campaign_id = messages.campaign_id
        and shown.campaign_version = messages.campaign_version
        and shown.channel = messages.channel
        and shown.variant = messages.variant
    left join conversions
        on shown.campaign_id = conversions.campaign_id
        and shown.campaign_version = conversions.campaign_version
        and shown.channel = conversions.channel
        and shown.variant = conversions.variant
    left join compared
        on shown.campaign_id = compared.campaign_id
        and shown.campaign_version = compared.campaign_version

)

select * from final
