{%- set figures = ['held', 'refused', 'expired', 'cancelled', 'sent', 'unknown'] -%}
{%- set events = ['delivered', 'opened', 'clicked', 'bounced', 'failed', 'unsubscribed', 'complained'] -%}
with campaign_plan as (

    select * from {{ ref('campaign_plan') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

campaign_messages as (

    select * from {{ ref('campaign_messages') }}

),

holdout_customers as (

    select * from {{ ref('campaign_holdout_customers') }}

),

messages as (

    select
        campaign_id,
        campaign_version,
        step,
        channel,
        variant,
        count(*) as planned,
        {%- for figure in figures %}
        count(case when counted_as = '{{ figure }}' then 1 end) as {{ figure }},
        {%- endfor %}
        {%- for event in events %}
        count(case when is_{{ event }} then 1 end) as {{ event }},
        {%- endfor %}
        count(case when is_converted then 1 end) as converted,
        sum(converted_revenue) as converted_revenue
    from campaign_messages
    group by campaign_id, campaign_version, step, channel, variant

),

goal_data as (

    select * from {{ ref('int_campaign_goal_data') }}

),

compared as (

    select
        campaign_id,
        campaign_version,
        count(*) as holdout_customers,
        count(case when is_converted then 1 end) as holdout_converted
    from holdout_customers
    group by campaign_id, campaign_version

),

-- a campaign shows from its first plan on, before anything was sent
shown as (

    select
        campaign_id,
        campaign_version,
        step,
        channel,
        variant
    from campaign_plan
    union
    select
        campaign_id,
        campaign_version,
        step,
        channel,
        variant
    from messages

),

final as (

    select
        shown.campaign_id,
        shown.campaign_version,
        shown.step,
        shown.channel,
        shown.variant,
        campaigns.name_zh,
        campaigns.name_en,
        {%- for measure in ['planned'] + figures[:-1] + events + figures[-1:] %}
        cast(coalesce(messages.{{ measure }}, 0) as int) as {{ measure }},
        {%- endfor %}
        -- of a goal that no channel tells of nobody knows whether it was reached
        cast(case when goal_data.has_data then coalesce(messages.converted, 0) end as int) as converted,
        cast(coalesce(messages.converted_revenue, 0) as decimal(18, 2)) as converted_revenue,
        cast(coalesce(compared.holdout_customers, 0) as int) as holdout_customers,
        cast(case when goal_data.has_data then coalesce(compared.holdout_converted, 0) end as int)
            as holdout_converted,
        {{ as_of() }} as as_of
    from shown
    left join campaigns on shown.campaign_id = campaigns.campaign_id
    left join goal_data on campaigns.goal = goal_data.goal
    left join messages
        on shown.campaign_id = messages.campaign_id
        and shown.campaign_version = messages.campaign_version
        and shown.step = messages.step
        and shown.channel = messages.channel
        and shown.variant = messages.variant
    left join compared
        on shown.campaign_id = compared.campaign_id
        and shown.campaign_version = compared.campaign_version

)

select * from final
