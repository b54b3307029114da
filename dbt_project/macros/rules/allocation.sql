{#- The limits that the messages of a plan share, each by its plan reason. `keys` are the columns of a candidate that say
    whose room it takes, `room` is its column `room_<name>` (null: no limit), and `takes` is what one message takes of it.
    The limits of one customer come first. -#}
{% macro message_limits() -%}
    {{- return([
        {'name': 'frequency_cap', 'keys': ['customer_key', 'cap_class'], 'takes': '1', 'is_of_customer': true},
        {'name': 'channel_cap', 'keys': ['customer_key', 'channel'], 'takes': '1', 'is_of_customer': true},
        {'name': 'programme_cap', 'keys': ['customer_key', 'campaign_key'], 'takes': '1', 'is_of_customer': true},
        {'name': 'total_cap', 'keys': ['customer_key'], 'takes': '1', 'is_of_customer': true},
        {'name': 'fatigue', 'keys': ['customer_key'], 'takes': '1', 'is_of_customer': true},
        {'name': 'daily_limit', 'keys': ['campaign_key'], 'takes': '1', 'is_of_customer': false},
        {'name': 'offer_stock', 'keys': ['campaign_key'], 'takes': '1', 'is_of_customer': false},
        {'name': 'budget', 'keys': ['campaign_key'], 'takes': 'cost', 'is_of_customer': false},
        {'name': 'destination_limit', 'keys': ['destination'], 'takes': '1', 'is_of_customer': false},
        {'name': 'employee_capacity', 'keys': ['channel', 'employee'], 'takes': '1', 'is_of_customer': false}
    ]) -}}
{%- endmacro %}

{#- What the passes need of a candidate. -#}
{% macro allocation_columns() -%}
    {{- return([
        'place', 'offer_id', 'channel', 'destination', 'employee', 'cap_class', 'customer_key', 'campaign_key', 'address_id', 'cost'
    ]) -}}
{%- endmacro %}

{#- How much of a limit messages take together. -#}
{% macro taken_of(limit) -%}
    {{ 'cast(count(*) as int)' if limit.takes == '1' else 'sum(' ~ limit.takes ~ ')' }}
{%- endmacro %}

{#- Two CTEs for a limit: the keys that want more of it than is left, and, at each of their candidates, how much it and
    all better placed ones would take. Of the channels of one message only the one whose turn it is counts, where all of
    them take from the same key. -#}
{% macro lines_of_limit(limit, source) %}
{%- set takes = limit.takes if 'channel' in limit['keys'] or 'destination' in limit['keys']
    else 'case when is_first_channel then ' ~ limit.takes ~ ' else 0 end' %}
{{ limit.name }}_wanted as (

    select {{ limit['keys'] | join(', ') }}
    from {{ source }}
    where room_{{ limit.name }} is not null
    group by {{ limit['keys'] | join(', ') }}
    having sum({{ takes }}) > min(room_{{ limit.name }})

),

{{ limit.name }}_lines as (

    select
        {{ source }}.place,
        sum({{ takes }}) over (
            partition by {% for key in limit['keys'] %}{{ source }}.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
            order by {{ source }}.place
        ) as line
    from {{ source }}
    inner join {{ limit.name }}_wanted
        on {% for key in limit['keys'] -%}
        {{ source }}.{{ key }} = {{ limit.name }}_wanted.{{ key }}{{ ' and ' if not loop.last }}
        {%- endfor %}

),
{% endmacro %}

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
    group by offer_id

),

in_turn as (

    select
        open_options.*,
        first_of_offers.place is not null as is_first_channel
    from open_options
    left join first_of_offers on open_options.place = first_of_offers.place

),

first_of_addresses as (

    select
        address_id,
        min(place) as place
    from in_turn
    where address_id is not null
    group by address_id

),

{% for limit in of_customer %}
{{- lines_of_limit(limit, 'in_turn') }}
{% endfor %}
-- whose turn it is: no better channel of the message is open, nor somebody else at the address, and the customer has room
placed as (

    select
        in_turn.*,
        in_turn.is_first_channel
        and (in_turn.address_id is null or first_of_addresses.place is not null)
        {%- for limit in of_customer %}
        and coalesce({{ limit.name }}_lines.line <= in_turn.room_{{ limit.name }}, true)
        {%- endfor %} as has_turn
        {%- for limit in of_customer %},
        coalesce({{ limit.name }}_lines.line > in_turn.room_{{ limit.name }}, false) as is_behind_{{ limit.name }}
        {%- endfor %}
    from in_turn
    left join first_of_addresses on in_turn.place = first_of_addresses.place
    {%- for limit in of_customer %}
    left join {{ limit.name }}_lines on in_turn.place = {{ limit.name }}_lines.place
    {%- endfor %}

),

counted as (

    select * from placed
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
        {%- for limit in shared %},
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

),

granted_addresses as (

    select distinct address_id from granted
    where address_id is not null

),

{% for limit in limits %}
{{ limit.name }}_taken as (

    select
        {%- for key in limit['keys'] %}
        {{ key }},
        {%- endfor %}
        {{ taken_of(limit) }} as taken,
        max_by(campaign_key, place) as taken_by
    from granted
    where room_{{ limit.name }} is not null
    group by {{ limit['keys'] | join(', ') }}

),

{% endfor %}
left_over as (

    select
        {%- for column in allocation_columns() %}
        judged.{{ column }},
        {%- endfor %}
        judged.is_granted,
        {%- for limit in limits %}
        judged.room_{{ limit.name }} - coalesce({{ limit.name }}_taken.taken, 0) as room_{{ limit.name }},
        {{ limit.name }}_taken.taken_by as taken_by_{{ limit.name }},
        judged.is_behind_{{ limit.name }},
        {%- endfor %}
        granted_offers.offer_id is not null as has_other_channel,
        granted_addresses.address_id is not null as has_same_recipient
    from judged
    left join granted_offers on judged.offer_id = granted_offers.offer_id
    left join granted_addresses on judged.address_id = granted_addresses.address_id
    {%- for limit in limits %}
    left join {{ limit.name }}_taken
        on {% for key in limit['keys'] -%}
        judged.{{ key }} = {{ limit.name }}_taken.{{ key }}{{ ' and ' if not loop.last }}
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
