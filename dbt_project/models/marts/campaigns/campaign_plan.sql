{%- set reasons = [
    'erased', 'suppressed', 'no_consent', 'no_identifier', 'unsuitable_line', 'holdout', 'profiling_optout',
    'already_sent', 'frequency_cap', 'same_recipient', 'other_channel_preferred', 'campaign_not_approved',
] -%}
with candidates as (

    select * from {{ ref('int_campaign_candidates') }}

),

people as (

    select * from {{ ref('int_campaign_recipients') }}

),

cap_usage as (

    select * from {{ ref('int_campaign_cap_usage') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where is_sent

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

message_channels as (

    select * from {{ ref('message_channels') }}

),

frequency_caps as (

    select * from {{ ref('frequency_caps') }}

),

plan_reasons as (

    select * from {{ ref('plan_reasons') }}

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
        people.value_tier,
        people.value_score,
        people.is_profiling_optout,
        message_channels.identifier_type,
        {{ identifier_of('people', 'message_channels.identifier_type', 'token') }} as identifier_token,
        -- a purpose that nobody was asked about is not consented to
        candidates.consent_purpose = 'marketing' and {{ consents_to('people', 'candidates.channel') }} as has_consent,
        {{ misses_line('people', 'candidates.channel', 'message_channels.identifier_type') }} as fails_unsuitable_line
    from candidates
    inner join people on candidates.customer_id = people.customer_id
    left join message_channels on candidates.channel = message_channels.channel

),

checked as (

    select
        addressed.*,
        coalesce(cap_usage.messages, 0) as messages_lately,
        coalesce(frequency_caps.max_messages, 0) as messages_allowed,
        coalesce(customer_suppressions.is_erased, false) as fails_erased,
        customer_suppressions.customer_id is not null or suppressions.channel is not null as fails_suppressed,
        not addressed.has_consent as fails_no_consent,
        addressed.identifier_token is null as fails_no_identifier,
        {{ is_held_out('addressed.customer_id', 'addressed.campaign_id', 'addressed.holdout_percent') }}
            as fails_holdout,
        addressed.is_profiling_optout as fails_profiling_optout,
        sent_before.customer_id is not null as fails_already_sent,
        recipients_before.channel is not null as has_recipient_had_it
    from addressed
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

),

-- one message per customer, campaign and step: over the first channel in the campaign's order that passed so far
chosen as (

    select
        customer_id,
        campaign_id,
        step,
        channel_position,
        cap_class,
        priority,
        is_approved,
        value_score,
        identifier_type,
        identifier_token,
        has_recipient_had_it,
        messages_lately,
        messages_allowed
    from checked
    where not (
        {%- for reason in reasons[:8] %}
        {{ 'or ' if not loop.first }}fails_{{ reason }}
        {%- endfor %}
    )
    qualify row_number() over (partition by customer_id, campaign_id, step order by channel_position) = 1

),

-- people who share a number or an address get one message between them: who is worth most and has a slot gets it
outranked as (

    select
        chosen.customer_id,
        chosen.campaign_id,
        chosen.step
    from chosen
    inner join shared_addresses
        on chosen.identifier_type = shared_addresses.identifier_type
        and chosen.identifier_token = shared_addresses.identifier_token
    qualify row_number() over (
        partition by chosen.campaign_id, chosen.step, chosen.identifier_type, chosen.identifier_token
        order by chosen.messages_lately >= chosen.messages_allowed, chosen.value_score desc, chosen.customer_id
    ) > 1

),

addressees as (

    select
        chosen.*,
        chosen.has_recipient_had_it or outranked.customer_id is not null as is_same_recipient
    from chosen
    left join outranked
        on chosen.customer_id = outranked.customer_id
        and chosen.campaign_id = outranked.campaign_id
        and chosen.step = outranked.step

),

-- the cap's free slots go to the campaigns by priority; a draft takes none from a campaign that is approved
allocated as (

    select
        customer_id,
        campaign_id,
        step,
        channel_position,
        is_same_recipient,
        messages_lately + sum(case when is_same_recipient then 0 else 1 end) over (
            partition by customer_id, cap_class
            order by is_approved desc, priority desc, campaign_id, step
        ) > messages_allowed as is_over_cap
    from addressees

),

judged as (

    select
        checked.*,
        coalesce(allocated.is_over_cap, checked.messages_lately >= checked.messages_allowed) as fails_frequency_cap,
        coalesce(allocated.is_same_recipient and checked.channel_position = allocated.channel_position, false)
            as fails_same_recipient,
        coalesce(checked.channel_position <> allocated.channel_position, false) as fails_other_channel_preferred,
        not checked.is_approved as fails_campaign_not_approved
    from checked
    left join allocated
        on checked.customer_id = allocated.customer_id
        and checked.campaign_id = allocated.campaign_id
        and checked.step = allocated.step

),

explained as (

    select
        judged.*,
        case
        {%- for reason in reasons %}
            when fails_{{ reason }} then '{{ reason }}'
        {%- endfor %}
        end as reason,
        nullif(substr(
            {%- for reason in reasons %}
            {{ '|| ' if not loop.first }}case when fails_{{ reason }} then ',{{ reason }}' else '' end
            {%- endfor %}, 2
        ), '') as reasons
    from judged

),

final as (

    select
        explained.campaign_id,
        explained.customer_id,
        explained.channel,
        explained.step,
        explained.campaign_version,
        explained.occurrence,
        explained.segment,
        explained.destination,
        explained.template,
        'a' as variant,
        case when explained.reason is null then 'send' else coalesce(plan_reasons.decision, 'refuse') end as decision,
        explained.reason,
        explained.reasons,
        explained.identifier_type,
        explained.identifier_token,
        -- what a message needs stands only where one is sent
        case when explained.reason is null then {{ identifier_of('people', 'explained.identifier_type', 'cipher') }} end
            as identifier_cipher,
        {{ identifier_of('people', 'explained.identifier_type', 'mask') }} as identifier_mask,
        case when explained.reason is null then people.fields end as fields,
        explained.consent_purpose,
        explained.cap_class,
        explained.priority,
        explained.value_score,
        explained.fails_holdout as is_holdout,
        explained.is_approved,
        {{ as_of() }} as as_of
    from explained
    inner join people on explained.customer_id = people.customer_id
    left join plan_reasons on explained.reason = plan_reasons.reason

)

select * from final
