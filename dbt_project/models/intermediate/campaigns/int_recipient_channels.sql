{{ config(schema='intermediate', access='protected') }}

with offers as (

    select * from {{ ref('int_campaign_offers') }}

),

recipients as (

    select * from {{ ref('int_campaign_recipients') }}

),

addresses as (

    select * from {{ ref('int_customer_addresses') }}

),

employees as (

    select * from {{ ref('int_address_employees') }}

),

employee_channels as (

    select distinct channel from {{ ref('employee_limits') }}

),

consents as (

    select * from {{ ref('customer_consents') }}
    where is_granted

),

purposes as (

    select * from {{ ref('consent_purposes') }}
    where is_for_messages

),

message_channels as (

    select * from {{ ref('message_channels') }}

),

line_types as (

    select * from {{ ref('channel_line_types') }}

),

customer_suppressions as (

    select * from {{ ref('int_customer_suppressions') }}

),

suppressions as (

    select * from {{ ref('int_suppressions') }}

),

shared_addresses as (

    select * from {{ ref('int_campaign_shared_addresses') }}

),

asked_for as (

    select distinct
        channel,
        consent_purpose,
        channel_key
    from offers

),

addressed as (

    select
        recipients.customer_id,
        asked_for.channel,
        asked_for.consent_purpose,
        {{ hash_key('recipients.customer_id') }} as customer_key,
        asked_for.channel_key,
        recipients.value_tier,
        recipients.is_profiling_optout,
        message_channels.identifier_type,
        addresses.identifier_token,
        addresses.identifier_mask,
        addresses.line_type,
        employee_channels.channel is not null as goes_through_employee,
        case when employee_channels.channel is not null then employees.employee end as employee,
        recipients.missing_fields,
        recipients.value_score
    from recipients
    cross join asked_for
    left join message_channels on asked_for.channel = message_channels.channel
    left join addresses
        on recipients.customer_id = addresses.customer_id
        and message_channels.identifier_type = addresses.identifier_type
    left join employee_channels on asked_for.channel = employee_channels.channel
    left join employees
        on addresses.identifier_type = employees.identifier_type
        and addresses.identifier_token = employees.identifier_token

),

final as (

    select
        addressed.customer_id,
        addressed.channel,
        addressed.consent_purpose,
        addressed.customer_key,
        {{ xor_of('addressed.customer_key', 'addressed.channel_key') }} as recipient_channel_key,
        case
            when shared_addresses.identifier_token is not null then {{ hash_key('addressed.identifier_token') }}
        end as address_key,
        addressed.value_tier,
        addressed.identifier_type,
        addressed.identifier_token,
        addressed.identifier_mask,
        addressed.line_type,
        addressed.employee,
        addressed.missing_fields,
        addressed.value_score,
        coalesce(customer_suppressions.is_erased, false) as fails_erased,
        customer_suppressions.customer_id is not null or suppressions.channel is not null as fails_suppressed,
        -- a purpose that nobody was asked about, or that no message is sent for, is not consented to
        consents.customer_id is null or purposes.purpose is null as fails_no_consent,
        addressed.identifier_token is null as fails_no_identifier,
        addressed.line_type is not null and line_types.channel is null as fails_unsuitable_line,
        addressed.is_profiling_optout as fails_profiling_optout,
        addressed.goes_through_employee and addressed.identifier_token is not null and addressed.employee is null
            as fails_not_followed
    from addressed
    left join consents
        on addressed.customer_id = consents.customer_id
        and addressed.channel = consents.channel
        and addressed.consent_purpose = consents.purpose
    left join purposes on addressed.consent_purpose = purposes.purpose
    left join line_types
        on addressed.channel = line_types.channel
        and addressed.line_type = line_types.line_type
    left join customer_suppressions
        on addressed.customer_id = customer_suppressions.customer_id
        and addressed.channel = customer_suppressions.channel
    left join suppressions
        on addressed.identifier_type = suppressions.identifier_type
        and addressed.identifier_token = suppressions.identifier_token
        and addressed.channel = suppressions.channel
    left join shared_addresses
        on addressed.identifier_type = shared_addresses.identifier_type
        and addressed.identifier_token = shared_addresses.identifier_token

)

select * from final
