{{ kept_by('customer_id', as_of_columns=['as_of']) }}

with profiles as (

    select * from {{ ref('int_profiles') }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where is_profile and {{ among_affected('customer_id') }}

),

ranks as (

    select * from {{ ref('int_customer_profile_ranks') }}
    where {{ among_affected('customer_id') }}

),

field_sources as (

    select * from {{ ref('int_customer_field_sources') }}
    where {{ among_affected('customer_id') }}

),

activity as (

    select * from {{ ref('int_customer_totals') }}
    where {{ among_affected('customer_id') }}

),

consents as (

    select * from {{ ref('customer_consents') }}
    where {{ among_affected('customer_id') }}

),

feedback as (

    select * from {{ ref('int_feedback') }}
    where kind = 'ticket' and occurred_at < {{ as_of_end() }}

),

points as (

    select * from {{ ref('int_points') }}
    where occurred_at < {{ as_of_end() }} or occurred_at is null

),

-- which fields each profile decides for its customer
won as (

    select
        customer_id,
        source_profile_id,
        {%- for field in golden_fields() %}
        bool_or(field = '{{ field.name }}') as decides_{{ field.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from field_sources
    group by customer_id, source_profile_id

),

-- one profile decides a field, so there is one value to take; a mask or reference comes with its token
golden as (

    select
        won.customer_id,
        {%- for field in golden_fields() %}
        {%- set is_last = loop.last %}
        {%- for column in field.columns %}
        max(case when won.decides_{{ field.name }} then profiles.{{ column }} end) as {{ column }}
            {{- ',' if not (is_last and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from won
    inner join profiles on won.source_profile_id = profiles.source_profile_id
    group by won.customer_id

),

known_in as (

    select
        customer_id,
        min_by(channel, seniority) as first_channel,
        {{ joined_text('channel') }} as channels
    from ranks
    group by customer_id

),

profiling_refused as (

    select distinct customer_id from consents
    where purpose = 'profiling' and not is_granted

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
        -- a balance that rests on an entry nobody can read is not known
        cast(case when count(points.held_reason) = 0 then sum(points.points) end as int) as points_balance,
        true as has_points
    from points
    inner join customer_profiles on points.source_profile_id = customer_profiles.source_profile_id
    group by customer_profiles.customer_id

),

final as (

    select
        known_in.customer_id,
        known_in.first_channel,
        known_in.channels,
        golden.name_token,
        golden.name_ref,
        golden.name_mask,
        golden.phone_token,
        golden.phone_mask,
        golden.phone_line_type,
        -- where no number takes messages the refusal names the number that there is
        coalesce(golden.message_phone_token, golden.phone_token) as message_phone_token,
        case when golden.message_phone_token is null then golden.phone_mask else golden.message_phone_mask end
            as message_phone_mask,
        case when golden.message_phone_token is null then golden.phone_line_type else golden.message_phone_line_type end
            as message_phone_line_type,
        golden.email_token,
        golden.email_mask,
        golden.member_no,
        golden.app_user_id,
        golden.wecom_external_userid,
        golden.gender,
        golden.province,
        golden.city,
        golden.company,
        golden.job_title,
        profiling_refused.customer_id is not null as is_profiling_optout,
        cast(activity.source_profiles as int) as source_profiles,
        cast(activity.orders_count as int) as orders_count,
        cast(activity.returned_orders as int) as returned_orders_count,
        activity.interactions_count,
        cast(activity.interactions_30d as int) as interactions_30d,
        coalesce(tickets.tickets_count, 0) as tickets_count,
        case when balances.has_points then balances.points_balance else 0 end as points_balance,
        activity.gross_revenue,
        activity.refunded_amount,
        activity.net_revenue,
        cast(round(activity.kept_revenue / nullif(activity.orders_count, 0), 2) as decimal(18, 2))
            as average_order_value,
        golden.birthday,
        activity.registered_at,
        activity.first_seen_at,
        activity.last_seen_at,
        activity.first_purchase_at,
        activity.last_purchase_at,
        activity.last_interaction_at,
        {{ as_of() }} as as_of
    from known_in
    inner join activity on known_in.customer_id = activity.customer_id
    left join golden on known_in.customer_id = golden.customer_id
    left join profiling_refused on known_in.customer_id = profiling_refused.customer_id
    left join tickets on known_in.customer_id = tickets.customer_id
    left join balances on known_in.customer_id = balances.customer_id

)

select * from final
