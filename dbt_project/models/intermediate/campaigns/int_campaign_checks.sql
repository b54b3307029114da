{{ config(schema='intermediate', access='protected') }}

with candidates as (

    select * from {{ ref('int_campaign_candidates') }}

),

offers as (

    select * from {{ ref('int_campaign_offers') }}

),

recipients as (

    select * from {{ ref('int_recipient_channels') }}

),

missing_fields as (

    select * from {{ ref('int_campaign_missing_fields') }}

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

final as (

    select
        candidates.offer_key,
        recipients.customer_key,
        recipients.address_key,
        candidates.occurrence,
        candidates.variant,
        recipients.employee,
        recipients.value_score,
        coalesce(cap_usage.messages, 0) as messages_lately,
        coalesce(frequency_caps.max_messages, 0) as messages_allowed,
        recipients_before.channel is not null as has_recipient_had_it,
        recipients.fails_erased,
        recipients.fails_suppressed,
        recipients.fails_no_consent,
        recipients.fails_no_identifier,
        recipients.fails_unsuitable_line,
        {{ is_held_out('candidates.customer_id', 'offers.campaign_id', 'offers.holdout_percent') }} as fails_holdout,
        recipients.fails_profiling_optout,
        sent_before.customer_id is not null as fails_already_sent,
        not candidates.is_step_due as fails_step_not_due,
        not offers.is_in_schedule as fails_outside_schedule,
        not offers.is_offer_valid as fails_offer_ended,
        missing_fields.campaign_id is not null as fails_missing_field,
        recipients.fails_not_followed,
        not offers.is_approved as fails_campaign_not_approved
    from candidates
    inner join offers on candidates.offer_key = offers.offer_key
    inner join recipients
        on candidates.customer_id = recipients.customer_id
        and candidates.channel = recipients.channel
        and candidates.consent_purpose = recipients.consent_purpose
    left join missing_fields
        on offers.campaign_id = missing_fields.campaign_id
        and offers.step = missing_fields.step
        and offers.channel = missing_fields.channel
        and candidates.variant = missing_fields.variant
        and recipients.missing_fields = missing_fields.missing_fields
    left join sent_before
        on candidates.customer_id = sent_before.customer_id
        and offers.campaign_id = sent_before.campaign_id
        and offers.campaign_version = sent_before.campaign_version
        and offers.step = sent_before.step
        and candidates.occurrence = sent_before.occurrence
    left join recipients_before
        on offers.campaign_id = recipients_before.campaign_id
        and offers.campaign_version = recipients_before.campaign_version
        and offers.step = recipients_before.step
        and offers.channel = recipients_before.channel
        and candidates.occurrence = recipients_before.occurrence
        and recipients.identifier_token = recipients_before.identifier_token
    left join cap_usage
        on candidates.customer_id = cap_usage.customer_id
        and offers.cap_class = cap_usage.cap_class
    left join frequency_caps
        on offers.cap_class = frequency_caps.cap_class
        and recipients.value_tier = frequency_caps.value_tier

)

select * from final
