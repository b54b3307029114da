{{ config(schema='intermediate', access='protected') }}

with checks as (

    select * from {{ ref('int_campaign_checks') }}
    where
        not (
            {%- for check in candidate_checks() %}
            {{ 'or ' if not loop.first }}fails_{{ check }}
            {%- endfor %}
        )

),

offers as (

    select * from {{ ref('int_offer_limits') }}

),

message_limits as (

    select * from {{ ref('message_limits') }}

),

limit_usage as (

    select * from {{ ref('int_limit_usage') }}

),

employee_limits as (

    select * from {{ ref('employee_limits') }}

),

employees as (

    select * from {{ ref('int_address_employees') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where takes_cap_slot

),

-- messages of today whose address has another employee since then count against the one who has it now
employee_usage as (

    select
        deliveries.channel,
        employees.employee,
        count(*) as messages_today
    from deliveries
    inner join employees on deliveries.identifier_token = employees.identifier_token
    where cast(deliveries.planned_at as date) = {{ as_of() }}
    group by deliveries.channel, employees.employee

),

limits_of_all as (

    select
        max(case when limit_name = 'total_cap' then max_messages end) as total_cap,
        max(case when limit_name = 'programme_cap' then max_messages end) as programme_cap,
        max(case when limit_name = 'fatigue' then max_messages end) as fatigue
    from message_limits

),

campaign_keys as (

    select distinct
        campaign_id,
        campaign_key
    from offers

),

-- the keys of a customer are numbers: every pass compares them
usage_by_key as (

    select
        limit_usage.limit_name,
        limit_usage.channel,
        {{ hash_key('limit_usage.customer_id') }} as customer_key,
        campaign_keys.campaign_key,
        limit_usage.used
    from limit_usage
    left join campaign_keys on limit_usage.campaign_id = campaign_keys.campaign_id

),

-- only what decides about the places, so that ordering all candidates moves little
valued as (

    select
        checks.offer_key,
        checks.customer_key,
        checks.address_key,
        checks.employee,
        offers.priority,
        -- a customer of the middle value score is worth what the campaign says of a message
        offers.value_per_message * coalesce(checks.value_score, 0) / 50 as expected_value,
        cast(checks.messages_allowed - checks.messages_lately as int) as room_frequency_cap,
        checks.has_recipient_had_it
    from checks
    inner join offers on checks.offer_key = offers.offer_key

),

placed as (

    select
        *,
        row_number() over (order by priority desc, expected_value desc, customer_key, offer_key) as place
    from valued

),

final as (

    select
        placed.place,
        placed.offer_key,
        placed.customer_key,
        placed.address_key,
        placed.employee,
        placed.has_recipient_had_it,
        placed.expected_value,
        placed.room_frequency_cap,
        cast(offers.channel_cap - coalesce(channel_usage.used, 0) as int) as room_channel_cap,
        cast(limits_of_all.programme_cap - coalesce(programme_usage.used, 0) as int) as room_programme_cap,
        cast(limits_of_all.total_cap - coalesce(total_usage.used, 0) as int) as room_total_cap,
        cast(limits_of_all.fatigue - fatigue_usage.used as int) as room_fatigue,
        cast(
            case
                when own_limits.employee is not null then own_limits.max_messages_per_day
                else general_limits.max_messages_per_day
            end - coalesce(employee_usage.messages_today, 0) as int
        ) as room_employee_capacity
    from placed
    inner join offers as offers on placed.offer_key = offers.offer_key
    cross join limits_of_all
    left join usage_by_key as channel_usage
        on placed.customer_key = channel_usage.customer_key
        and offers.channel = channel_usage.channel
        and channel_usage.limit_name = 'channel_cap'
    left join usage_by_key as programme_usage
        on placed.customer_key = programme_usage.customer_key
        and offers.campaign_key = programme_usage.campaign_key
        and programme_usage.limit_name = 'programme_cap'
    left join usage_by_key as total_usage
        on placed.customer_key = total_usage.customer_key
        and total_usage.limit_name = 'total_cap'
    left join usage_by_key as fatigue_usage
        on placed.customer_key = fatigue_usage.customer_key
        and fatigue_usage.limit_name = 'fatigue'
    left join employee_limits as own_limits
        on offers.channel = own_limits.channel
        and placed.employee = own_limits.employee
    left join employee_limits as general_limits
        on case when placed.employee is not null then offers.channel end = general_limits.channel
        and general_limits.employee = '*'
    left join employee_usage
        on offers.channel = employee_usage.channel
        and placed.employee = employee_usage.employee

)

select * from final
