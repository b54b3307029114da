{%- set told_without_allocation = candidate_checks() + ['frequency_cap', 'campaign_not_approved'] %}
with checks as (

    select * from {{ ref('int_campaign_checks') }}

),

allocation as (

    select * from {{ ref('int_campaign_allocation') }}

),

decisions as (

    select * from {{ ref('int_campaign_decisions') }}

),

offers as (

    select * from {{ ref('int_campaign_offers') }}

),

recipient_channels as (

    select * from {{ ref('int_recipient_channels') }}

),

recipients as (

    select * from {{ ref('int_campaign_recipients') }}

),

-- what the allocation says of each candidate that passed the checks; the others show a used-up cap beside what they
-- failed
allocated as (

    select
        checks.*,
        coalesce(allocation.fails_frequency_cap, checks.messages_lately >= checks.messages_allowed)
            as fails_frequency_cap,
        {%- for check in plan_checks() if check not in told_without_allocation %}
        coalesce(allocation.fails_{{ check }}, false) as fails_{{ check }},
        {%- endfor %}
        allocation.lost_to,
        allocation.expected_value
    from checks
    left join allocation
        on checks.customer_key = allocation.customer_key
        and checks.offer_key = allocation.offer_key

),

judged as (

    select
        allocated.*,
        {{- failed_checks() }}
            as failed_checks
    from allocated

),

decided as (

    select
        offers.campaign_id,
        recipient_channels.customer_id,
        offers.channel,
        offers.step,
        offers.campaign_version,
        judged.occurrence,
        offers.segment,
        offers.destination,
        recipient_channels.employee,
        offers.template,
        judged.variant,
        decisions.decision,
        decisions.reason,
        decisions.reasons,
        recipient_channels.identifier_type,
        recipient_channels.identifier_token,
        recipient_channels.identifier_mask,
        offers.consent_purpose,
        offers.cap_class,
        offers.priority,
        judged.value_score,
        judged.expected_value,
        judged.lost_to,
        judged.fails_holdout as is_holdout,
        offers.is_approved,
        -- what a message needs stands only where one is sent, or would be once its campaign is approved
        case
            when decisions.decision = 'send' or decisions.reason = 'campaign_not_approved'
                then recipient_channels.customer_id
        end as written_to
    from judged
    inner join offers on judged.offer_key = offers.offer_key
    inner join recipient_channels
        on {{ xor_of('judged.customer_key', 'offers.channel_key') }} = recipient_channels.recipient_channel_key
    left join decisions on judged.failed_checks = decisions.failed_checks

),

final as (

    select
        decided.campaign_id,
        decided.customer_id,
        decided.channel,
        decided.step,
        decided.campaign_version,
        decided.occurrence,
        decided.segment,
        decided.destination,
        decided.employee,
        decided.template,
        decided.variant,
        decided.decision,
        decided.reason,
        decided.reasons,
        decided.identifier_type,
        case when decided.written_to is not null then decided.identifier_token end as identifier_token,
        decided.identifier_mask,
        recipients.fields,
        decided.consent_purpose,
        decided.cap_class,
        decided.priority,
        decided.value_score,
        decided.expected_value,
        decided.lost_to,
        decided.is_holdout,
        decided.is_approved,
        {{ as_of() }} as as_of
    from decided
    left join recipients on decided.written_to = recipients.customer_id

)

select * from final
