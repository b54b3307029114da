{{ config(schema='intermediate', access='protected') }}
{%- set limits = message_limits() %}

with options as (

    select * from {{ ref('int_campaign_options') }}

),

passes as (
    {%- for number in range(1, 7) %}

    select * from {{ ref('int_allocation_pass_' ~ number) }}
    where decision is not null
    {{- '\n\n    union all' if not loop.last }}
    {%- endfor %}

),

granted as (

    select
        place,
        campaign_id,
        customer_id,
        channel,
        destination,
        cap_class,
        cost,
        false as is_draft
    from passes
    where decision = 'granted'

),

-- a draft takes nothing from others; it uses the first channel that passed, and has what the better placed approved
-- messages would leave to it
drafts as (

    select *
    from options
    where not is_approved
    qualify row_number() over (partition by offer_id order by place) = 1

),

-- of people who share an address the one placed best
drafts_of_addresses as (

    select
        address_id,
        min(place) as place
    from drafts
    where address_id is not null and room_frequency_cap > 0
    group by address_id

),

beside_each_other as (

    select * from granted
    union all
    select
        place,
        campaign_id,
        customer_id,
        channel,
        destination,
        cap_class,
        cost,
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
            partition by {{ (limit['keys'] + ['campaign_id']) | unique | join(', ') }}
            order by place
        ) as line_{{ limit.name }}
        {%- endfor %}
    from beside_each_other
    where (select count(*) from drafts) > 0

),

draft_decisions as (

    select
        options.campaign_id,
        options.customer_id,
        options.channel,
        options.step,
        drafts.place is null as fails_other_channel_preferred,
        coalesce(drafts.address_id is not null and drafts_of_addresses.place is null, false) as fails_same_recipient,
        {%- for limit in limits %}
        coalesce(draft_lines.line_{{ limit.name }} > drafts.room_{{ limit.name }}, false) as fails_{{ limit.name }},
        {%- endfor %}
        cast(null as string) as lost_to,
        options.expected_value,
        options.cost
    from options
    left join drafts on options.place = drafts.place
    left join draft_lines on drafts.place = draft_lines.place and draft_lines.is_draft
    left join drafts_of_addresses on drafts.place = drafts_of_addresses.place
    where not options.is_approved

),

final as (

    select
        campaign_id,
        customer_id,
        channel,
        step,
        fails_other_channel_preferred,
        fails_same_recipient,
        {%- for limit in limits %}
        fails_{{ limit.name }},
        {%- endfor %}
        -- the campaign of the last message that took the room, of the first limit that was full
        case
            {%- for limit in limits if limit['keys'] != ['campaign_id'] %}
            when fails_{{ limit.name }} then taken_by_{{ limit.name }}
            {%- endfor %}
        end as lost_to,
        expected_value,
        cost
    from passes

    union all

    select * from draft_decisions

)

select * from final
