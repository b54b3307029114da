{#- One pass over the candidates that are still open. A candidate is granted when it fits into every limit even if every
    better placed open one were granted; it is refused when it does not fit beside those that are granted, or when another
    channel of its message or another customer of its address was. Every pass so decides exactly as one that goes through
    all candidates one after the other.

    With `by_turn` the limits that customers share count only the better placed ones whose turn it is, which settles long
    chains: no limit is ever exceeded, but somebody whose first choice was refused may come after others.
    With `is_last` whoever is still open is refused. -#}
{% macro allocation_pass(number, by_turn=false, is_last=false) %}
{%- set limits = message_limits() %}
{%- set of_customer = limits | selectattr('is_of_customer') | list %}
{%- set shared = limits | rejectattr('is_of_customer') | list %}
{%- set earlier = 'int_campaign_options' if number == 1 else 'int_allocation_pass_' ~ (number - 1) %}
with open_options as (

    select * from {{ ref(earlier) }}
    where {{ 'is_approved and not has_recipient_had_it' if number == 1 else 'decision is null' }}

),

first_of_offers as (

    select min(place) as place
    from open_options
    where has_other_channels
    group by offer_id

),

first_of_addresses as (

    select min(place) as place
    from open_options
    where address_id is not null
    group by address_id

),

in_turn as (

    select
        open_options.*,
        not open_options.has_other_channels or first_of_offers.place is not null as is_first_channel,
        open_options.address_id is null or first_of_addresses.place is not null as is_first_of_address
    from open_options
    left join first_of_offers on open_options.place = first_of_offers.place
    left join first_of_addresses on open_options.place = first_of_addresses.place

),

-- ordering moves every column that it is given
keys_in_turn as (

    select
        {{ of_customer | map(attribute='keys') | sum(start=[]) | unique | join(', ') }},
        is_first_channel,
        place
    from in_turn

),

-- how many messages a candidate and the customer's better placed ones would take of what each limit counts; of the channels
-- of one message only the first counts where all of them take from the same key, and the others have no line of their own
customer_lines as (

    select
        place
        {%- for one in keys_of_limits(of_customer) %},
        row_number() over (
            partition by {{ one['keys'] | join(', ') }}{{ '' if 'channel' in one['keys'] else ', is_first_channel' }}
            order by place
        ) as line_{{ one.name }}
        {%- endfor %}
    from keys_in_turn

),

-- whose turn it is: no better channel of the message is open, nor somebody else at the address, and the customer has room
placed as (

    select
        in_turn.*,
        in_turn.is_first_channel
        and in_turn.is_first_of_address
        {%- for limit in of_customer %}
        and coalesce(customer_lines.line_{{ keys_name(limit) }} <= in_turn.room_{{ limit.name }}, true)
        {%- endfor %} as has_turn
        {%- for limit in of_customer if is_last %},
        coalesce(customer_lines.line_{{ keys_name(limit) }} > in_turn.room_{{ limit.name }}, false)
            as is_behind_{{ limit.name }}
        {%- endfor %}
    from in_turn
    inner join customer_lines on in_turn.place = customer_lines.place

),

counted as (

    select
        {{ shared | map(attribute='keys') | sum(start=[]) | unique | join(', ') }},
        {% for limit in shared %}room_{{ limit.name }}, {% endfor -%}
        cost,
        is_first_channel,
        place
    from placed
    {%- if by_turn %}
    where has_turn
    {%- endif %}

),

{% for limit in shared %}
{{- lines_of_limit(limit, 'counted') }}
{% endfor %}
judged as (

    select
        placed.*,
        placed.has_turn
        {%- for limit in shared %}
        and coalesce({{ limit.name }}_lines.line <= placed.room_{{ limit.name }}, true)
        {%- endfor %} as is_granted
        {%- for limit in shared if is_last %},
        coalesce({{ limit.name }}_lines.line > placed.room_{{ limit.name }}, false) as is_behind_{{ limit.name }}
        {%- endfor %}
    from placed
    {%- for limit in shared %}
    left join {{ limit.name }}_lines on placed.place = {{ limit.name }}_lines.place
    {%- endfor %}

),

granted as (

    select * from judged
    where is_granted

),

granted_offers as (

    select distinct offer_id from granted
    where has_other_channels

),

granted_addresses as (

    select distinct address_id from granted
    where address_id is not null

),

{% for one in keys_of_limits(limits) %}
taken_by_{{ one.name }} as (

    select
        {%- for key in one['keys'] %}
        {{ key }},
        {%- endfor %}
        {%- if one.takes_one %}
        cast(count(*) as int) as messages,
        {%- endif %}
        {%- if one.takes_cost %}
        sum(cost) as cost,
        {%- endif %}
        max_by(campaign_key, place) as last_campaign_key
    from granted
    group by {{ one['keys'] | join(', ') }}

),

{% endfor %}
left_over as (

    select
        {%- for column in allocation_columns() %}
        judged.{{ column }},
        {%- endfor %}
        judged.is_granted,
        {%- for limit in limits %}
        judged.room_{{ limit.name }}
        - coalesce(taken_by_{{ keys_name(limit) }}.{{ 'cost' if limit.takes == 'cost' else 'messages' }}, 0)
            as room_{{ limit.name }},
        taken_by_{{ keys_name(limit) }}.last_campaign_key as taken_by_{{ limit.name }},
        {%- if is_last %}
        judged.is_behind_{{ limit.name }},
        {%- endif %}
        {%- endfor %}
        granted_offers.offer_id is not null as has_other_channel,
        granted_addresses.address_id is not null as has_same_recipient
    from judged
    left join granted_offers on judged.offer_id = granted_offers.offer_id
    left join granted_addresses on judged.address_id = granted_addresses.address_id
    {%- for one in keys_of_limits(limits) %}
    left join taken_by_{{ one.name }}
        on {% for key in one['keys'] -%}
        judged.{{ key }} = taken_by_{{ one.name }}.{{ key }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    {%- endfor %}

),

refused as (

    select
        *,
        not is_granted and has_other_channel as fails_other_channel_preferred,
        not is_granted and not has_other_channel and has_same_recipient as fails_same_recipient
        {%- for limit in limits %},
        not is_granted and not has_other_channel and not has_same_recipient
        and (
            coalesce(room_{{ limit.name }} < {{ limit.takes }}, false)
            {%- if is_last %}
            or is_behind_{{ limit.name }}
            {%- endif %}
        ) as fails_{{ limit.name }}
        {%- endfor %}
    from left_over

),

final as (

    select
        {%- for column in allocation_columns() %}
        {{ column }},
        {%- endfor %}
        case
            when is_granted then 'granted'
            {%- for reason in ['other_channel_preferred', 'same_recipient'] + limits | map(attribute='name') | list %}
            when fails_{{ reason }} then 'refused'
            {%- endfor %}
            {%- if is_last %}
            else 'refused'
            {%- endif %}
        end as decision,
        {%- if is_last %}
        -- what waits for a better channel or another customer to the end would come after it anyway
        fails_other_channel_preferred
        or not (
            is_granted
            {%- for reason in ['same_recipient'] + limits | map(attribute='name') | list %}
            or fails_{{ reason }}
            {%- endfor %}
        ) as fails_other_channel_preferred,
        {%- else %}
        fails_other_channel_preferred,
        {%- endif %}
        fails_same_recipient,
        {%- for limit in limits %}
        fails_{{ limit.name }},
        room_{{ limit.name }},
        {%- endfor %}
        -- the campaign that took the last of the first limit that is full
        case
            {%- for limit in limits if limit['keys'] != ['campaign_key'] %}
            when fails_{{ limit.name }} then taken_by_{{ limit.name }}
            {%- endfor %}
        end as lost_to_key
    from refused

)

select * from final
{% endmacro %}
