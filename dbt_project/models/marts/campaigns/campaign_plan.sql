{#- The order of the checks; the first that fails is the reason. -#}
{%- set reasons = [
    'erased', 'suppressed', 'no_consent', 'no_identifier', 'holdout', 'profiling_optout', 'already_sent',
    'frequency_cap', 'other_channel_preferred',
] -%}
with candidates as (

    select * from {{ ref('campaign_candidates') }}

),

people as (

    select * from {{ ref('campaign_people') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}

),

customer_suppressions as (

    select * from {{ ref('int_customer_suppressions') }}

),

suppressions as (

    select * from {{ ref('int_suppressions') }}

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

erased as (

    select distinct customer_id from customer_suppressions
    where is_erased

),

suppressed_addresses as (

    select distinct
        identifier_type,
        identifier_token,
        channel
    from suppressions
    where scope = 'address'

),

sent_before as (

    select distinct
        campaign_id,
        campaign_version,
        step,
        customer_id,
        occurrence
    from deliveries
    where is_sent

),

sent_lately as (

    select
        deliveries.customer_id,
        frequency_caps.cap_class,
        count(*) as messages
    from deliveries
    inner join campaigns on deliveries.campaign_id = campaigns.campaign_id
    inner join people on deliveries.customer_id = people.customer_id
    inner join frequency_caps
        on campaigns.cap_class = frequency_caps.cap_class
        and people.value_tier = frequency_caps.value_tier
    where
        deliveries.takes_cap_slot
        and {{ days_between('coalesce(deliveries.accepted_at, deliveries.planned_at)', as_of()) }}
        < frequency_caps.window_days
    group by deliveries.customer_id, frequency_caps.cap_class

),

addressed as (

    select
        candidates.*,
        people.value_tier,
        people.value_score,
        people.fields,
        people.is_profiling_optout,
        message_channels.identifier_type,
        {{ by_identifier_type('message_channels.identifier_type', {
            'phone': 'people.phone_token', 'email': 'people.email_token',
            'wecom_external_userid': 'people.wecom_external_userid', 'app_user_id': 'people.app_user_id'
        }) }} as identifier_token,
        {{ by_identifier_type('message_channels.identifier_type', {
            'phone': 'people.phone_cipher', 'email': 'people.email_cipher'
        }) }} as identifier_cipher,
        {{ by_identifier_type('message_channels.identifier_type', {
            'phone': 'people.phone_mask', 'email': 'people.email_mask',
            'wecom_external_userid': 'people.wecom_external_userid', 'app_user_id': 'people.app_user_id'
        }) }} as identifier_mask,
        -- a purpose that nobody was asked about is not consented to
        candidates.consent_purpose = 'marketing' and coalesce(case candidates.channel
            when 'sms' then people.consent_sms
            when 'email' then people.consent_email
            when 'wecom' then people.consent_wecom
            when 'app_push' then people.consent_app_push
        end, false) as has_consent
    from candidates
    inner join people on candidates.customer_id = people.customer_id
    left join message_channels on candidates.channel = message_channels.channel

),

checked as (

    select
        addressed.*,
        coalesce(sent_lately.messages, 0) as messages_lately,
        coalesce(frequency_caps.max_messages, 0) as messages_allowed,
        erased.customer_id is not null as fails_erased,
        customer_suppressions.customer_id is not null or suppressed_addresses.channel is not null as fails_suppressed,
        not addressed.has_consent as fails_no_consent,
        addressed.identifier_token is null as fails_no_identifier,
        {{ is_held_out('addressed.customer_id', 'addressed.campaign_id', 'addressed.holdout_percent') }}
            as fails_holdout,
        addressed.is_profiling_optout as fails_profiling_optout,
        sent_before.customer_id is not null as fails_already_sent
    from addressed
    left join erased on addressed.customer_id = erased.customer_id
    left join customer_suppressions
        on addressed.customer_id = customer_suppressions.customer_id
        and addressed.channel = customer_suppressions.channel
    left join suppressed_addresses
        on addressed.identifier_type = suppressed_addresses.identifier_type
        and addressed.identifier_token = suppressed_addresses.identifier_token
        and addressed.channel = suppressed_addresses.channel
    left join sent_before
        on addressed.customer_id = sent_before.customer_id
        and addressed.campaign_id = sent_before.campaign_id
        and addressed.campaign_version = sent_before.campaign_version
        and addressed.step = sent_before.step
        and addressed.occurrence = sent_before.occurrence
    left join sent_lately
        on addressed.customer_id = sent_lately.customer_id
        and addressed.cap_class = sent_lately.cap_class
    left join frequency_caps
        on addressed.cap_class = frequency_caps.cap_class
        and addressed.value_tier = frequency_caps.value_tier

),

-- one message per customer, campaign and step: over the first channel in the campaign's order that passed so far
messages as (

    select
        customer_id,
        campaign_id,
        step,
        cap_class,
        priority,
        messages_lately,
        messages_allowed,
        min(channel_position) as channel_position
    from checked
    where not (
        {%- for reason in reasons[:7] %}
        {{ 'or ' if not loop.first }}fails_{{ reason }}
        {%- endfor %}
    )
    group by customer_id, campaign_id, step, cap_class, priority, messages_lately, messages_allowed

),

-- the cap's free slots go to the campaigns by priority
allocated as (

    select
        customer_id,
        campaign_id,
        step,
        channel_position,
        messages_lately + row_number() over (
            partition by customer_id, cap_class
            order by priority desc, campaign_id, step
        ) > messages_allowed as is_over_cap
    from messages

),

judged as (

    select
        checked.*,
        coalesce(allocated.is_over_cap, checked.messages_lately >= checked.messages_allowed) as fails_frequency_cap,
        coalesce(checked.channel_position <> allocated.channel_position, false) as fails_other_channel_preferred
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
            {%- endfor %},
            2
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
        coalesce(plan_reasons.decision, 'send') as decision,
        explained.reason,
        explained.reasons,
        explained.identifier_type,
        explained.identifier_token,
        explained.identifier_cipher,
        explained.identifier_mask,
        explained.fields,
        explained.consent_purpose,
        explained.cap_class,
        explained.priority,
        explained.value_score,
        explained.fails_holdout as is_holdout,
        {{ as_of() }} as as_of
    from explained
    left join plan_reasons on explained.reason = plan_reasons.reason

)

select * from final
