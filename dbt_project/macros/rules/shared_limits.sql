{#- The limits that customers share, as the passes of the allocation count them. -#}

{#- Places are counted in blocks where only how far a limit may reach is asked. -#}
{% macro block_of(place) -%}
    cast(floor({{ place }} / {{ var('allocation_block') }}) as bigint)
{%- endmacro %}

{#- CTEs up to `offers_with_room`: what is left of the limits of each offer before a pass. -#}
{% macro rooms_of_offers(shared, earlier) -%}
{%- set offer_keys = key_columns(message_limits()) | reject('in', ['customer_key', 'employee']) | list %}
{%- set of_offers = keys_of_limits(shared) | rejectattr('name', 'equalto', 'channel_and_employee') | list %}
offer_rooms as (

    select
        offers.offer_key,
        offers.message_key,
        {{ columns_of('offers', offer_keys) }},
        offers.has_other_channels,
        {%- for one in of_offers %}
        {%- for limit in one['limits'] %}
        offers.room_{{ limit.name }}
        {%- if earlier %}
        - coalesce(taken_before_by_{{ one.name }}.{{ taken_column(limit) }}, 0)
        {%- endif %} as room_{{ limit.name }},
        {%- endfor %}
        {%- endfor %}
        offers.cost
    from offers
    {%- for one in of_offers if earlier %}
    left join taken_before_by_{{ one.name }} on {{ equal_keys('offers', 'taken_before_by_' ~ one.name, one['keys']) }}
    {%- endfor %}

),

offers_with_room as (

    select * from offer_rooms
    where
        {%- for limit in shared if limit not in candidate_limits() %}
        {{ 'and ' if not loop.first }}coalesce(room_{{ limit.name }} >= {{ limit.takes }}, true)
        {%- endfor %}

),
{% endmacro %}

{#- Select what no pass has looked at yet, or what the one before left open. -#}
{% macro waiting(earlier, columns) -%}
    {%- if earlier -%}
    select {{ columns }}
    from {{ ref('int_allocation_pass_' ~ earlier[-1]) }}
    where is_granted = false

    union all

    select {{ columns }}
    from {{ ref('int_campaign_options') }}
    where not has_recipient_had_it and place > coalesce((select max(reached_place) from passes_before), 0)
    {%- else -%}
    select {{ columns }}
    from {{ ref('int_campaign_options') }}
    where not has_recipient_had_it
    {%- endif %}
{%- endmacro %}

{#- CTEs up to `reached_blocks`: the blocks in which what is left to the offers is used up `reach` times when everybody takes
    one, a campaign no more at a tool than it has left. -#}
{% macro reached_blocks(of_offers, reach) -%}
{%- set of_campaigns = of_offers | selectattr('keys', 'equalto', ['campaign_key']) | map(attribute='limits') | first %}
{%- set of_tools = of_offers | selectattr('keys', 'equalto', ['destination']) | map(attribute='limits') | first %}
blocks as (

    select
        waiting_places.offer_key,
        {{ block_of('waiting_places.place') }} as block,
        count(*) as messages
    from waiting_places
    inner join offers_with_room on waiting_places.offer_key = offers_with_room.offer_key
    group by waiting_places.offer_key, {{ block_of('waiting_places.place') }}

),

blocks_of_campaigns as (

    select
        offers.campaign_key,
        offers.destination,
        blocks.block,
        sum(blocks.messages) as messages,
        {%- for limit in of_campaigns %}
        min(offers.room_{{ limit.name }}) as room_{{ limit.name }},
        {%- endfor %}
        {%- for limit in of_tools %}
        min(offers.room_{{ limit.name }}) as room_{{ limit.name }},
        {%- endfor %}
        min(offers.cost) as cost
    from blocks
    inner join offers_with_room as offers on blocks.offer_key = offers.offer_key
    group by offers.campaign_key, offers.destination, blocks.block

),

messages_before as (

    select
        *,
        sum(messages) over (partition by campaign_key, destination order by block) - messages as of_campaign
    from blocks_of_campaigns

),

blocks_of_tools as (

    select
        destination,
        block,
        sum(messages) as messages,
        {%- for limit in of_tools %}
        min(room_{{ limit.name }}) as room_{{ limit.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from messages_before
    where
        {%- for limit in of_campaigns %}
        {{ 'and ' if not loop.first }}coalesce(of_campaign{{ ' * cost <=' if limit.takes == 'cost' else ' <' }} room_{{ limit.name }} * {{ reach }}, true)
        {%- endfor %}
    group by destination, block

),

messages_before_at_tools as (

    select
        *,
        sum(messages) over (partition by destination order by block) - messages as of_destination
    from blocks_of_tools

),

reached_blocks as (

    select block from messages_before_at_tools
    where
        {%- for limit in of_tools %}
        {{ 'and ' if not loop.first }}coalesce(of_destination < room_{{ limit.name }} * {{ reach }}, true)
        {%- endfor %}

),
{% endmacro %}

{#- Two CTEs: at each candidate of a key that wants more than is left, whether it is behind when all better placed ones took
    from the key too. Of the channels of one message only the one whose turn it is counts, where all of them take from the
    same key. -#}
{% macro lines_of(one, has_taken) -%}
{%- set of_first_channels = 'channel' not in one['keys'] and 'destination' not in one['keys'] %}
{%- set subtracts = has_taken and one['limits'][0] in candidate_limits() %}
wanted_of_{{ one.name }} as (

    select
        {%- for limit in one['limits'] %}
        min(counted.room_{{ limit.name }})
        {%- if subtracts %} - coalesce(max(taken.messages), 0){% endif %} as room_{{ limit.name }},
        {%- endfor %}
        {{ columns_of('counted', one['keys']) }}
    from counted
    {%- if subtracts %}
    left join taken_before_by_{{ one.name }} as taken on {{ equal_keys('counted', 'taken', one['keys']) }}
    {%- endif %}
    {%- if of_first_channels %}
    where counted.is_first_channel
    {%- endif %}
    group by {{ columns_of('counted', one['keys']) }}
    having
        {%- for limit in one['limits'] %}
        {{ 'or ' if not loop.first }}{{ 'sum(counted.cost)' if limit.takes == 'cost' else 'count(*)' }} > min(counted.room_{{ limit.name }})
        {%- if subtracts %} - coalesce(max(taken.messages), 0){% endif %}
        {%- endfor %}

),

taken_at_{{ one.name }} as (

    select
        {%- for limit in one['limits'] %}
        wanted.room_{{ limit.name }},
        {%- endfor %}
        row_number() over (
            partition by {{ columns_of('counted', one['keys']) }} order by counted.place
        ) as messages,
        sum(counted.cost) over (
            partition by {{ columns_of('counted', one['keys']) }} order by counted.place rows unbounded preceding
        ) as cost,
        counted.place
    from counted
    inner join wanted_of_{{ one.name }} as wanted on {{ equal_keys('counted', 'wanted', one['keys']) }}
    {%- if of_first_channels %}
    where counted.is_first_channel
    {%- endif %}

),

lines_of_{{ one.name }} as (

    select
        {%- for limit in one['limits'] %}
        coalesce({{ taken_column(limit) }} > room_{{ limit.name }}, false) as is_behind_{{ limit.name }},
        {%- endfor %}
        place
    from taken_at_{{ one.name }}

),
{% endmacro %}
