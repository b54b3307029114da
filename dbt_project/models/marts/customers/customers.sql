{%- set attributes = [
    'name_token', 'name_cipher', 'name_mask',
    'phone_token', 'phone_cipher', 'phone_mask',
    'email_token', 'email_cipher', 'email_mask',
    'member_no', 'app_user_id', 'wecom_external_userid',
    'gender', 'province', 'city', 'company', 'job_title', 'birthday',
] -%}
{#- a mask or ciphertext comes from the profile that its token comes from -#}
{%- set decided_by = {
    'name_cipher': 'name_token', 'name_mask': 'name_token',
    'phone_cipher': 'phone_token', 'phone_mask': 'phone_token',
    'email_cipher': 'email_token', 'email_mask': 'email_token',
} -%}
with profiles as (

    select * from {{ ref('int_profiles') }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where is_profile

),

activity as (

    select * from {{ ref('int_customer_activity') }}

),

permissions as (

    select * from {{ ref('int_customer_permissions') }}

),

channel_trust as (

    select * from {{ ref('channel_trust') }}

),

feedback as (

    select * from {{ ref('int_feedback') }}
    where kind = 'ticket' and occurred_at < {{ as_of_end() }}

),

points as (

    select * from {{ ref('int_points') }}
    where occurred_at < {{ as_of_end() }}

),

-- the order in which a customer's profiles are asked for a value: most trusted channel, then most recently changed
ordered as (

    select
        customer_profiles.customer_id,
        customer_profiles.source_profile_id,
        customer_profiles.channel,
        row_number() over (
            partition by customer_profiles.customer_id
            order by
                coalesce(channel_trust.trust_rank, 1000),
                customer_profiles.updated_at desc nulls last,
                customer_profiles.source_profile_id
        ) as position,
        row_number() over (
            partition by customer_profiles.customer_id
            order by customer_profiles.registered_at nulls last, customer_profiles.source_profile_id
        ) as seniority
    from customer_profiles
    left join channel_trust on customer_profiles.channel = channel_trust.channel

),

asked as (

    select
        ordered.customer_id,
        ordered.channel,
        ordered.position,
        ordered.seniority,
        {%- for attribute in attributes %}
        profiles.{{ attribute }}{{ ',' if not loop.last }}
        {%- endfor %}
    from ordered
    inner join profiles on ordered.source_profile_id = profiles.source_profile_id

),

golden as (

    select
        customer_id,
        {%- for attribute in attributes %}
        min_by({{ attribute }}, case when {{ decided_by.get(attribute, attribute) }} is not null then position end)
            as {{ attribute }},
        {%- endfor %}
        min_by(channel, seniority) as first_channel,
        {{ joined_text('channel') }} as channels
    from asked
    group by customer_id

),

tickets as (

    select
        customer_profiles.customer_id,
        cast(count(*) as int) as tickets_count
    from feedback
    inner join customer_profiles on feedback.source_profile_id = customer_profiles.source_profile_id
    group by customer_profiles.customer_id

),

balances as (

    select
        customer_profiles.customer_id,
        cast(sum(points.points) as int) as points_balance
    from points
    inner join customer_profiles on points.source_profile_id = customer_profiles.source_profile_id
    group by customer_profiles.customer_id

),

final as (

    select
        golden.customer_id,
        golden.first_channel,
        golden.channels,
        golden.name_token,
        golden.name_cipher,
        golden.name_mask,
        golden.phone_token,
        golden.phone_cipher,
        golden.phone_mask,
        golden.email_token,
        golden.email_cipher,
        golden.email_mask,
        golden.member_no,
        golden.app_user_id,
        golden.wecom_external_userid,
        golden.gender,
        golden.province,
        golden.city,
        golden.company,
        golden.job_title,
        coalesce(permissions.is_profiling_optout, false) as is_profiling_optout,
        coalesce(permissions.consent_sms, false) as consent_sms,
        coalesce(permissions.consent_email, false) as consent_email,
        coalesce(permissions.consent_wecom, false) as consent_wecom,
        coalesce(permissions.consent_app_push, false) as consent_app_push,
        cast(activity.source_profiles as int) as source_profiles,
        cast(activity.orders_count as int) as orders_count,
        activity.interactions_count,
        cast(activity.interactions_12 as int) as interactions_30d,
        coalesce(tickets.tickets_count, 0) as tickets_count,
        coalesce(balances.points_balance, 0) as points_balance,
        activity.gross_revenue,
        activity.refunded_amount,
        activity.net_revenue,
        cast(round(activity.gross_revenue / nullif(activity.orders_count, 0), 2) as decimal(18, 2))
            as average_order_value,
        golden.birthday,
        activity.registered_at,
        activity.first_seen_at,
        activity.last_seen_at,
        activity.first_purchase_at,
        activity.last_purchase_at,
        activity.last_interaction_at,
        {{ as_of() }} as as_of
    from golden
    inner join activity on golden.customer_id = activity.customer_id
    left join permissions on golden.customer_id = permissions.customer_id
    left join tickets on golden.customer_id = tickets.customer_id
    left join balances on golden.customer_id = balances.customer_id

)

select * from final
