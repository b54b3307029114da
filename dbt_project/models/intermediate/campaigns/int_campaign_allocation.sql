{#- Computed when it is read: a stored row for each candidate would be written to be read once. -#}
{{ config(schema='intermediate', materialized='view', access='protected') }}
{%- set limits = message_limits() %}
{%- set candidate_rooms = candidate_limits() | map(attribute='name') | list %}
{%- set reasons = ['other_channel_preferred', 'same_recipient'] + limits | map(attribute='name') | list %}
{%- set offer_keys = key_columns(limits) | reject('in', ['customer_key', 'employee']) | list %}

with options as (

    select * from {{ ref('int_campaign_options') }}

),

offers as (

    select * from {{ ref('int_offer_limits') }}

),

-- whoever was still open after the last pass
left_open as (

    select * from {{ ref('int_allocation_pass_8') }}
    where not is_granted

),

granted as (

    select * from {{ ref('int_campaign_grants') }}

),

granted_offers as (

    select
        offer_id,
        max(place) as place
    from granted
    where offer_id is not null
    group by offer_id

),

granted_addresses as (

    select
        address_id,
        max(place) as place
    from granted
    where address_id is not null
    group by address_id

),

{% for one in keys_of_limits(limits) -%}
{{ taken_by(one, 'taken', 'granted') }}
{% endfor -%}
-- money that is too little for one message may be enough for cheaper ones that come later
last_of_prices as (

    select
        campaign_key,
        cost,
        max(place) as last_place
    from granted
    group by campaign_key, cost

),

-- what the granted messages leave to each candidate, and whether it was gone before the candidate's place
compared as (

    select
        options.place,
        options.offer_key,
        options.customer_key,
        options.expected_value,
        offers.cost,
        granted.place is not null as is_granted,
        granted_offers.place is not null as has_other_channel,
        coalesce(granted_offers.place < options.place, false) as had_other_channel,
        options.has_recipient_had_it or granted_addresses.place is not null as has_same_recipient,
        options.has_recipient_had_it or coalesce(granted_addresses.place < options.place, false) as had_same_recipient,
        {%- for limit in limits %}
        {%- set taken = 'taken_by_' ~ keys_name(limit) %}
        not options.has_recipient_had_it
        and coalesce(
            {{ 'options' if limit.name in candidate_rooms else 'offers' }}.room_{{ limit.name }}
            - coalesce({{ taken }}.{{ taken_column(limit) }}, 0) < {{ 'offers.cost' if limit.takes == 'cost' else '1' }}
            or left_open.is_behind_{{ limit.name }},
            false
        ) as is_full_{{ limit.name }},
        coalesce({{ 'last_of_prices' if limit.takes == 'cost' else taken }}.last_place, 0) < options.place
            as is_behind_{{ limit.name }},
        {{ taken }}.last_campaign_key as taken_by_{{ limit.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from options
    inner join offers on options.offer_key = offers.offer_key
    left join granted on options.place = granted.place
    left join left_open on options.place = left_open.place
    left join granted_offers
        on {{ xor_of('options.customer_key', 'offers.message_key') }} = granted_offers.offer_id
    left join granted_addresses
        on {{ xor_of('options.address_key', 'offers.message_key') }} = granted_addresses.address_id
    left join last_of_prices
        on offers.campaign_key = last_of_prices.campaign_key and offers.cost = last_of_prices.cost
    {%- for one in keys_of_limits(limits) %}
    left join taken_by_{{ one.name }}
        on {% for key in one['keys'] -%}
        {{ 'offers' if key in offer_keys else 'options' }}.{{ key }} = taken_by_{{ one.name }}.{{ key }}
        {{- ' and ' if not loop.last }}
        {%- endfor %}
    {%- endfor %}
    where offers.is_approved or options.has_recipient_had_it

),

-- what stood against a candidate when it was its turn
at_their_turn as (

    select
        *,
        not is_granted and had_other_channel as failed_other_channel_preferred,
        not is_granted and not had_other_channel and had_same_recipient as failed_same_recipient
        {%- for limit in limits %},
        not is_granted and not had_other_channel and not had_same_recipient
        and is_full_{{ limit.name }} and is_behind_{{ limit.name }} as failed_{{ limit.name }}
        {%- endfor %}
    from compared

),

explained as (

    select
        *,
        is_granted
        {%- for reason in reasons %}
        or failed_{{ reason }}
        {%- endfor %} as is_explained,
        has_other_channel
        or not (
            has_same_recipient
            {%- for limit in limits %}
            or is_full_{{ limit.name }}
            {%- endfor %}
        ) as waits_for_other_channel
    from at_their_turn

),

-- long chains are settled by turn, so that what stands against a candidate may have come after its place
decided as (

    select
        place,
        offer_key,
        customer_key,
        case when is_explained then failed_other_channel_preferred else waits_for_other_channel end
            as fails_other_channel_preferred,
        case when is_explained then failed_same_recipient else not waits_for_other_channel and has_same_recipient end
            as fails_same_recipient,
        {%- for limit in limits %}
        case
            when is_explained then failed_{{ limit.name }}
            else not waits_for_other_channel and not has_same_recipient and is_full_{{ limit.name }}
        end as fails_{{ limit.name }},
        taken_by_{{ limit.name }},
        {%- endfor %}
        expected_value,
        cost
    from explained

),

draft_decisions as (

    select * from {{ ref('int_draft_allocation') }}

),

all_decisions as (

    select
        offer_key,
        customer_key,
        {%- for reason in reasons %}
        fails_{{ reason }},
        {%- endfor %}
        -- the campaign that took the last of the first limit that is full
        case
            {%- for limit in limits if limit['keys'] != ['campaign_key'] %}
            when fails_{{ limit.name }} then taken_by_{{ limit.name }}
            {%- endfor %}
        end as lost_to_key,
        expected_value,
        cost
    from decided
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
