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
        'place', 'offer_key', 'offer_id', 'channel', 'destination', 'employee', 'cap_class', 'has_other_channels',
        'customer_key', 'campaign_key', 'address_id', 'expected_value', 'cost'
    ]) -}}
{%- endmacro %}

{#- How much of a limit messages take together. -#}
{% macro taken_of(limit) -%}
    {{ 'cast(count(*) as int)' if limit.takes == '1' else 'sum(' ~ limit.takes ~ ')' }}
{%- endmacro %}

{#- The name of a limit's keys in the columns of a pass: limits of the same keys are counted once. -#}
{% macro keys_name(limit) -%}
    {{- return(limit['keys'] | join('_and_') | replace('_key', '')) -}}
{%- endmacro %}

{#- The different keys that limits have, each with its name, its columns and whether one of the limits takes the cost. -#}
{% macro keys_of_limits(limits) -%}
    {%- set found = {} %}
    {%- for limit in limits %}
        {%- set earlier = found.get(keys_name(limit), {'takes_cost': false, 'takes_one': false}) %}
        {%- do found.update({keys_name(limit): {
            'name': keys_name(limit),
            'keys': limit['keys'],
            'takes_cost': earlier.takes_cost or limit.takes == 'cost',
            'takes_one': earlier.takes_one or limit.takes != 'cost'
        }}) %}
    {%- endfor %}
    {{- return(found.values() | list) -}}
{%- endmacro %}

{#- Two CTEs for a limit that customers share: the keys that want more of it than is left, and, at each of their candidates,
    how much it and all better placed ones would take. Of the channels of one message only the one whose turn it is counts,
    where all of them take from the same key. -#}
{% macro lines_of_limit(limit, source) %}
{%- set of_first_channels = 'channel' not in limit['keys'] and 'destination' not in limit['keys'] %}
{{ limit.name }}_wanted as (

    select {{ limit['keys'] | join(', ') }}
    from {{ source }}
    where
        room_{{ limit.name }} is not null
        {%- if of_first_channels %}
        and is_first_channel
        {%- endif %}
    group by {{ limit['keys'] | join(', ') }}
    having {{ taken_of(limit) }} > min(room_{{ limit.name }})

),

{{ limit.name }}_lines as (

    select
        {{ source }}.place,
        {{ 'row_number()' if limit.takes == '1' else 'sum(' ~ source ~ '.' ~ limit.takes ~ ')' }} over (
            partition by {% for key in limit['keys'] %}{{ source }}.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
            order by {{ source }}.place
            {%- if limit.takes != '1' %}
            rows unbounded preceding
            {%- endif %}
        ) as line
    from {{ source }}
    inner join {{ limit.name }}_wanted
        on {% for key in limit['keys'] -%}
        {{ source }}.{{ key }} = {{ limit.name }}_wanted.{{ key }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    {%- if of_first_channels %}
    where {{ source }}.is_first_channel
    {%- endif %}

),
{% endmacro %}
