{#- Computed when it is read: a stored row for each candidate would be written to be read once. -#}
{{ config(schema='intermediate', materialized='view', access='protected') }}
{%- set limits = message_limits() %}
{%- set reasons = ['other_channel_preferred', 'same_recipient'] + limits | map(attribute='name') | list %}

with options as (

    select * from {{ ref('int_campaign_options') }}

),

offers as (

    select * from {{ ref('int_campaign_offers') }}

),

decided as (
    {%- for number in range(1, 7) %}

    select
        place,
        offer_key,
        customer_key,
        {%- for reason in reasons %}
        fails_{{ reason }},
        {%- endfor %}
        decision = 'granted' as is_granted,
        lost_to_key,
        expected_value,
        cost
    from {{ ref('int_allocation_pass_' ~ number) }}
    where decision is not null
    {{- '\n\n    union all' if not loop.last }}
    {%- endfor %}

),

-- went to somebody else at the address before
had_it as (

    select
        offer_key,
        customer_key,
        {%- for reason in reasons %}
        {{ 'true' if reason == 'same_recipient' else 'false' }} as fails_{{ reason }},
        {%- endfor %}
        cast(null as int) as lost_to_key,
        expected_value,
        cost
    from options
    where has_recipient_had_it

),

draft_options as (

    select * from options
    where not is_approved and not has_recipient_had_it

),

-- a draft takes nothing from others: it would use the first channel that passed, and has what the approved messages
-- that are placed better would leave to it
drafts as (

    select * from draft_options
    qualify row_number() over (partition by offer_id order by place) = 1

),

first_drafts_of_addresses as (

    select min(place) as place
    from drafts
    where address_id is not null and room_frequency_cap > 0
    group by address_id

),

beside_each_other as (

    select
        options.*,
        false as is_draft
    from options
    inner join decided on options.place = decided.place and decided.is_granted
    where (select count(*) from drafts) > 0

    union all

    select
        *,
        true as is_draft
    from drafts

),

draft_lines as (

    select
        place,
        is_draft
        {%- for limit in limits %},
        sum(case when is_draft then 0 else {{ limit.takes }} end) over (
            partition by {{ limit['keys'] | join(', ') }}
            order by place
        )
        + sum(case when is_draft then {{ limit.takes }} else 0 end) over (
            partition by {{ (limit['keys'] + ['campaign_key']) | unique | join(', ') }}
            order by place
        ) as line_{{ limit.name }}
        {%- endfor %}
    from beside_each_other

),

draft_decisions as (

    select
        draft_options.offer_key,
        draft_options.customer_key,
        drafts.place is null as fails_other_channel_preferred,
        drafts.address_id is not null and first_drafts_of_addresses.place is null as fails_same_recipient,
        {%- for limit in limits %}
        coalesce(draft_lines.line_{{ limit.name }} > drafts.room_{{ limit.name }}, false) as fails_{{ limit.name }},
        {%- endfor %}
        cast(null as int) as lost_to_key,
        draft_options.expected_value,
        draft_options.cost
    from draft_options
    left join drafts on draft_options.place = drafts.place
    left join draft_lines on drafts.place = draft_lines.place and draft_lines.is_draft
    left join first_drafts_of_addresses on drafts.place = first_drafts_of_addresses.place

),

all_decisions as (

    select
        offer_key,
        customer_key,
        {%- for reason in reasons %}
        fails_{{ reason }},
        {%- endfor %}
        lost_to_key,
        expected_value,
        cost
    from decided
    union all
    select * from had_it
    union all
    select * from draft_decisions

),

campaigns as (

    select distinct
        campaign_id,
        campaign_key
    from offers

),

final as (

    select
        all_decisions.offer_key,
        all_decisions.customer_key,
        {%- for reason in reasons %}
        all_decisions.fails_{{ reason }},
        {%- endfor %}
        campaigns.campaign_id as lost_to,
        all_decisions.expected_value,
        all_decisions.cost
    from all_decisions
    left join campaigns on all_decisions.lost_to_key = campaigns.campaign_key

)

select * from final
