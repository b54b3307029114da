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

campaigns as (

    select
        *,
        cast(row_number() over (order by campaign_id) as int) as campaign_key
    from {{ ref('int_campaigns') }}

),

shared_addresses as (

    select * from {{ ref('int_campaign_shared_addresses') }}

),

message_limits as (

    select * from {{ ref('message_limits') }}

),

limit_usage as (

    select * from {{ ref('int_limit_usage') }}

),

destination_limits as (

    select * from {{ ref('destination_limits') }}

),

employee_limits as (

    select * from {{ ref('employee_limits') }}

),

employees as (

    select * from {{ ref('int_address_employees') }}

),

campaign_values as (

    select * from {{ ref('int_campaign_values') }}

),

message_prices as (

    select * from {{ ref('int_message_prices') }}

),

spending as (

    select * from {{ ref('int_campaign_spending') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where takes_cap_slot

),

destination_usage as (

    select
        destination,
        count(*) as messages_today
    from deliveries
    where cast(planned_at as date) = {{ as_of() }}
    group by destination

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

channel_caps as (

    select * from message_limits
    where limit_name = 'channel_cap'

),

valued as (

    select
        checks.*,
        {{ hash_key('checks.customer_id') }} as customer_key,
        cast(campaigns.campaign_key as string) || '|' || cast(checks.step as string) || '|' as message,
        -- a customer of the middle value score is worth what the campaign says of a message
        campaign_values.value_per_message * coalesce(checks.value_score, 0) / 50 as expected_value,
        campaigns.campaign_key,
        campaigns.budget,
        campaigns.daily_limit,
        campaigns.offer_stock
    from checks
    inner join campaigns on checks.campaign_id = campaigns.campaign_id
    inner join campaign_values on checks.campaign_id = campaign_values.campaign_id

),

final as (

    select
        row_number() over (
            order by
                valued.priority desc, valued.expected_value desc, valued.customer_id, valued.campaign_key,
                valued.step, valued.channel_position
        ) as place,
        {{ hash_key("valued.message || valued.customer_id") }} as offer_id,
        valued.campaign_id,
        valued.customer_id,
        valued.step,
        valued.channel,
        valued.channel_position,
        valued.destination,
        valued.employee,
        valued.cap_class,
        valued.is_approved,
        valued.has_recipient_had_it,
        valued.customer_key,
        valued.campaign_key,
        case
            when shared_addresses.identifier_token is not null
                then {{ hash_key("valued.message || valued.identifier_token") }}
        end as address_id,
        valued.expected_value,
        coalesce(message_prices.price, 0) as cost,
        cast(valued.messages_allowed - valued.messages_lately as int) as room_frequency_cap,
        cast(channel_caps.max_messages - coalesce(channel_usage.used, 0) as int) as room_channel_cap,
        cast(limits_of_all.programme_cap - coalesce(programme_usage.used, 0) as int) as room_programme_cap,
        cast(limits_of_all.total_cap - coalesce(total_usage.used, 0) as int) as room_total_cap,
        cast(limits_of_all.fatigue - fatigue_usage.used as int) as room_fatigue,
        cast(valued.daily_limit - spending.messages_today as int) as room_daily_limit,
        cast(valued.offer_stock - spending.messages as int) as room_offer_stock,
        case
            -- what has no price cannot be shown to fit
            when valued.budget is not null and (message_prices.price is null or spending.spent is null) then -1
            else valued.budget - spending.spent
        end as room_budget,
        cast(
            destination_limits.max_messages_per_day - coalesce(destination_usage.messages_today, 0) as int
        ) as room_destination_limit,
        cast(
            case
                when own_limits.employee is not null then own_limits.max_messages_per_day
                else general_limits.max_messages_per_day
            end - coalesce(employee_usage.messages_today, 0) as int
        ) as room_employee_capacity
    from valued
    cross join limits_of_all
    inner join spending on valued.campaign_id = spending.campaign_id
    left join shared_addresses
        on valued.identifier_type = shared_addresses.identifier_type
        and valued.identifier_token = shared_addresses.identifier_token
    left join channel_caps on valued.channel = channel_caps.channel
    left join limit_usage as channel_usage
        on valued.customer_id = channel_usage.customer_id
        and valued.channel = channel_usage.channel
        and channel_usage.limit_name = 'channel_cap'
    left join limit_usage as programme_usage
        on valued.customer_id = programme_usage.customer_id
        and valued.campaign_id = programme_usage.campaign_id
        and programme_usage.limit_name = 'programme_cap'
    left join limit_usage as total_usage
        on valued.customer_id = total_usage.customer_id
        and total_usage.limit_name = 'total_cap'
    left join limit_usage as fatigue_usage
        on valued.customer_id = fatigue_usage.customer_id
        and fatigue_usage.limit_name = 'fatigue'
    left join message_prices on valued.channel = message_prices.channel
    left join destination_limits on valued.destination = destination_limits.destination
    left join destination_usage on valued.destination = destination_usage.destination
    left join employee_limits as own_limits
        on valued.channel = own_limits.channel
        and valued.employee = own_limits.employee
    left join employee_limits as general_limits
        on valued.channel = general_limits.channel
        and general_limits.employee = '*'
        and valued.employee is not null
    left join employee_usage
        on valued.channel = employee_usage.channel
        and valued.employee = employee_usage.employee

)

select * from final
