{#- Computed when it is read: a stored row for each candidate would be written to be read twice. -#}
{{ config(schema='intermediate', materialized='view', access='protected') }}

with candidates as (

    select * from {{ ref('int_campaign_candidates') }}

),

recipients as (

    select * from {{ ref('int_campaign_recipients') }}

),

addresses as (

    select * from {{ ref('int_customer_addresses') }}

),

consents as (

    select * from {{ ref('customer_consents') }}
    where is_granted

),

purposes as (

    select * from {{ ref('consent_purposes') }}
    where is_for_messages

),

employees as (

    select * from {{ ref('int_address_employees') }}

),

employee_channels as (

    select distinct channel from {{ ref('employee_limits') }}

),

missing_fields as (

    select * from {{ ref('int_campaign_missing_fields') }}

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

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where is_sent

),

cap_usage as (

    select * from {{ ref('int_campaign_cap_usage') }}

),

frequency_caps as (

    select * from {{ ref('frequency_caps') }}

),

sent_before as (

    select distinct
        campaign_id,
        campaign_version,
        step,
        customer_id,
        occurrence
    from deliveries

),

recipients_before as (

    select distinct
        campaign_id,
        campaign_version,
        step,
        occurrence,
        channel,
        identifier_token
    from deliveries

),

addressed as (

    select
        candidates.*,
        recipients.value_tier,
        recipients.value_score,
        recipients.fields,
        recipients.missing_fields,
        recipients.is_profiling_optout,
        message_channels.identifier_type,
        addresses.identifier_token,
        addresses.identifier_mask,
        addresses.line_type,
        employee_channels.channel is not null as goes_through_employee,
        case when employee_channels.channel is not null then employees.employee end as employee
    from candidates
    inner join recipients on candidates.customer_id = recipients.customer_id
    left join message_channels on candidates.channel = message_channels.channel
    left join addresses
        on candidates.customer_id = addresses.customer_id
        and message_channels.identifier_type = addresses.identifier_type
    left join employee_channels on candidates.channel = employee_channels.channel
    left join employees
        on addresses.identifier_type = employees.identifier_type
        and addresses.identifier_token = employees.identifier_token

),

final as (

    select
        addressed.*,
        coalesce(cap_usage.messages, 0) as messages_lately,
        coalesce(frequency_caps.max_messages, 0) as messages_allowed,
        recipients_before.channel is not null as has_recipient_had_it,
        coalesce(customer_suppressions.is_erased, false) as fails_erased,
        customer_suppressions.customer_id is not null or suppressions.channel is not null as fails_suppressed,
        -- a purpose that nobody was asked about, or that no message is sent for, is not consented to
        consents.customer_id is null or purposes.purpose is null as fails_no_consent,
        addressed.identifier_token is null as fails_no_identifier,
        addressed.line_type is not null and line_types.channel is null as fails_unsuitable_line,
        {{ is_held_out('addressed.customer_id', 'addressed.campaign_id', 'addressed.holdout_percent') }}
            as fails_holdout,
        addressed.is_profiling_optout as fails_profiling_optout,
        sent_before.customer_id is not null as fails_already_sent,
        not addressed.is_step_due as fails_step_not_due,
        not addressed.is_in_schedule as fails_outside_schedule,
        not addressed.is_offer_valid as fails_offer_ended,
        missing_fields.campaign_id is not null as fails_missing_field,
        addressed.goes_through_employee and addressed.identifier_token is not null and addressed.employee is null
            as fails_not_followed,
        not addressed.is_approved as fails_campaign_not_approved
    from addressed
    left join consents
        on addressed.customer_id = consents.customer_id
        and addressed.channel = consents.channel
        and addressed.consent_purpose = consents.purpose
    left join purposes on addressed.consent_purpose = purposes.purpose
    left join line_types
        on addressed.channel = line_types.channel
        and addressed.line_type = line_types.line_type
    left join missing_fields
        on addressed.campaign_id = missing_fields.campaign_id
        and addressed.step = missing_fields.step
        and addressed.channel = missing_fields.channel
        and addressed.variant = missing_fields.variant
        and addressed.missing_fields = missing_fields.missing_fields
    left join customer_suppressions
        on addressed.customer_id = customer_suppressions.customer_id
        and addressed.channel = customer_suppressions.channel
    left join suppressions
        on addressed.identifier_type = suppressions.identifier_type
        and addressed.identifier_token = suppressions.identifier_token
        and addressed.channel = suppressions.channel
    left join sent_before
        on addressed.customer_id = sent_before.customer_id
        and addressed.campaign_id = sent_before.campaign_id
        and addressed.campaign_version = sent_before.campaign_version
        and addressed.step = sent_before.step
        and addressed.occurrence = sent_before.occurrence
    left join recipients_before
        on addressed.campaign_id = recipients_before.campaign_id
        and addressed.campaign_version = recipients_before.campaign_version
        and addressed.step = recipients_before.step
        and addressed.occurrence = recipients_before.occurrence
        and addressed.channel = recipients_before.channel
        and addressed.identifier_token = recipients_before.identifier_token
    left join cap_usage
        on addressed.customer_id = cap_usage.customer_id
        and addressed.cap_class = cap_usage.cap_class
    left join frequency_caps
        on addressed.cap_class = frequency_caps.cap_class
        and addressed.value_tier = frequency_caps.value_tier

)

select * from final
