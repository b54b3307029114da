with checks as (

    select * from {{ ref('int_campaign_checks') }}

),

allocation as (

    select * from {{ ref('int_campaign_allocation') }}

),

decisions as (

    select * from {{ ref('int_campaign_decisions') }}

),

-- what the allocation says of each candidate; without a channel that passed there is none for the customer
allocated as (

    select
        checks.*,
        coalesce(allocation.is_over_cap, checks.messages_lately >= checks.messages_allowed) as fails_frequency_cap,
        coalesce(allocation.is_same_recipient and checks.channel_position = allocation.channel_position, false)
            as fails_same_recipient,
        coalesce(checks.channel_position <> allocation.channel_position, false) as fails_other_channel_preferred
    from checks
    left join allocation
        on checks.customer_id = allocation.customer_id
        and checks.campaign_id = allocation.campaign_id
        and checks.step = allocation.step

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
        judged.fails_holdout as is_holdout,
        judged.is_approved,
        {{ as_of() }} as as_of
    from judged
    left join decisions on judged.failed_checks = decisions.failed_checks

)

select * from final
