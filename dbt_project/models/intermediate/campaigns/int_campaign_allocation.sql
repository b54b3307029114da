{{ config(schema='intermediate', access='protected') }}

with checks as (

    select * from {{ ref('int_campaign_checks') }}

),

shared_addresses as (

    select * from {{ ref('int_campaign_shared_addresses') }}

),

-- one message per customer, campaign and step: over the first channel in the campaign's order that passed every check
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
    from checks
    where
        not (
            {%- for check in candidate_checks() %}
            {{ 'or ' if not loop.first }}fails_{{ check }}
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

-- the cap's free slots go to the campaigns by priority; a draft takes none from another campaign, and has those that it
-- would have if it were approved
final as (

    select
        campaign_id,
        customer_id,
        step,
        channel_position,
        is_same_recipient,
        messages_lately
        + sum(case when is_approved and not is_same_recipient then 1 else 0 end) over (
            partition by customer_id, cap_class
            order by priority desc, campaign_id, step
        )
        + sum(case when is_approved or is_same_recipient then 0 else 1 end) over (
            partition by customer_id, cap_class, campaign_id
            order by step
        ) > messages_allowed as is_over_cap
    from addressees

)

select * from final
