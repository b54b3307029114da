{#- Computed when it is read, as int_campaign_allocation. -#}
{{ config(schema='intermediate', materialized='view', access='protected') }}
{%- set limits = message_limits() %}
{%- set candidate_rooms = candidate_limits() | map(attribute='name') | list %}
{%- set offer_keys = key_columns(limits) | reject('in', ['customer_key', 'employee']) | list %}

with options as (

    select * from {{ ref('int_campaign_options') }}
    where not has_recipient_had_it

),

offers as (

    select * from {{ ref('int_offer_limits') }}
    where not is_approved

),

granted as (

    select * from {{ ref('int_campaign_grants') }}

),

draft_options as (

    select
        options.*,
        {{ columns_of('offers', offer_keys) }},
        {{ xor_of('options.customer_key', 'offers.message_key') }} as offer_id,
        {{ xor_of('options.address_key', 'offers.message_key') }} as address_id,
        {%- for limit in limits if limit.name not in candidate_rooms %}
        offers.room_{{ limit.name }},
        {%- endfor %}
        offers.cost
    from options
    inner join offers on options.offer_key = offers.offer_key

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
        {{ key_columns(limits) | join(', ') }},
        cost,
        place,
        false as is_draft
    from granted
    where (select count(*) from drafts) > 0

    union all

    select
        {{ key_columns(limits) | join(', ') }},
        cost,
        place,
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

final as (

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

)

select * from final
