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
        on checks.customer_id = allocation.customer_id
        and checks.campaign_id = allocation.campaign_id
        and checks.step = allocation.step
        and checks.channel = allocation.channel

),

judged as (

    select
        allocated.*,
        {{- failed_checks() }}
            as failed_checks
    from allocated

),

final as (

    select
        judged.campaign_id,
        judged.customer_id,
        judged.channel,
        judged.step,
        judged.campaign_version,
        judged.occurrence,
        judged.segment,
        judged.destination,
        judged.employee,
        judged.template,
        judged.variant,
        decisions.decision,
        decisions.reason,
        decisions.reasons,
        judged.identifier_type,
        judged.identifier_token,
        judged.identifier_mask,
        -- what a text needs stands only where a message is sent, or would be once its campaign is approved
        case when decisions.decision = 'send' or decisions.reason = 'campaign_not_approved' then judged.fields end
            as fields,
        judged.consent_purpose,
        judged.cap_class,
        judged.priority,
        judged.value_score,
        judged.expected_value,
        judged.lost_to,
        judged.fails_holdout as is_holdout,
        judged.is_approved,
        {{ as_of() }} as as_of
    from judged
    left join decisions on judged.failed_checks = decisions.failed_checks

)

select * from final
