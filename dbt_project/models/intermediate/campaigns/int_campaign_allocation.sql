{{ config(schema='intermediate', access='protected') }}
{%- set limits = message_limits() %}
{%- set reasons = ['other_channel_preferred', 'same_recipient'] + limits | map(attribute='name') | list %}

with options as (

    select * from {{ ref('int_campaign_options') }}

),

passes as (
    {%- for number in range(1, 7) %}

    select
        place,
        {%- for reason in reasons %}
        fails_{{ reason }},
        {%- endfor %}
        decision = 'granted' as is_granted,
        lost_to_key
    from {{ ref('int_allocation_pass_' ~ number) }}
    where decision is not null
    {{- '\n\n    union all' if not loop.last }}
    {%- endfor %}

),

-- a draft takes nothing from others: it would use the first channel that passed, and has what the approved messages
-- that are placed better would leave to it
drafts as (

    select * from options
    where not is_approved and not has_recipient_had_it
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
    inner join passes on options.place = passes.place and passes.is_granted
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
        options.place,
        drafts.place is null as fails_other_channel_preferred,
        drafts.address_id is not null and first_drafts_of_addresses.place is null as fails_same_recipient,
        {%- for limit in limits %}
        coalesce(draft_lines.line_{{ limit.name }} > drafts.room_{{ limit.name }}, false) as fails_{{ limit.name }},
        {%- endfor %}
        cast(null as int) as lost_to_key
    from options
    left join drafts on options.place = drafts.place
    left join draft_lines on drafts.place = draft_lines.place and draft_lines.is_draft
    left join first_drafts_of_addresses on drafts.place = first_drafts_of_addresses.place
    where not options.is_approved and not options.has_recipient_had_it

),

decided as (

    select
        place,
        {%- for reason in reasons %}
        fails_{{ reason }},
        {%- endfor %}
        lost_to_key
    from passes
    union all
    select * from draft_decisions

),

campaigns as (

    select distinct
        campaign_key,
        campaign_id
    from options

),

final as (

    select
        options.campaign_id,
        options.customer_id,
        options.channel,
        options.step,
        -- what has no decision went to somebody else at the address before
        {%- for reason in reasons %}
        coalesce(decided.fails_{{ reason }}, {{ 'true' if reason == 'same_recipient' else 'false' }})
            as fails_{{ reason }},
        {%- endfor %}
        campaigns.campaign_id as lost_to,
        options.expected_value,
        options.cost
    from options
    left join decided on options.place = decided.place
    left join campaigns on decided.lost_to_key = campaigns.campaign_key

)

select * from final
