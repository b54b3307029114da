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

{#- The limits whose room differs between the candidates of one offer: those columns stand in int_campaign_options, the others
    in int_offer_limits. -#}
{% macro candidate_limits() -%}
    {{- return(message_limits() | selectattr('is_of_customer') | list
        + message_limits() | selectattr('name', 'equalto', 'employee_capacity') | list) -}}
{%- endmacro %}

{#- What the passes keep of a candidate. -#}
{% macro option_columns() -%}
    place, offer_key, customer_key, address_key, employee
    {%- for limit in candidate_limits() %}, room_{{ limit.name }}{% endfor %}
{%- endmacro %}

{#- The column that says how much a message takes of a limit, where messages are counted. -#}
{% macro taken_column(limit) -%}
    {{- return('cost' if limit.takes == 'cost' else 'messages') -}}
{%- endmacro %}

{#- The name of a limit's keys in the columns of a pass: limits of the same keys are counted once. -#}
{% macro keys_name(limit) -%}
    {{- return(limit['keys'] | join('_and_') | replace('_key', '')) -}}
{%- endmacro %}

{#- The different keys that limits have, each with its name, its columns and its limits. -#}
{% macro keys_of_limits(limits) -%}
    {%- set found = {} %}
    {%- for limit in limits %}
        {%- set earlier = found.get(keys_name(limit), {'limits': []}) %}
        {%- do found.update({keys_name(limit): {
            'name': keys_name(limit), 'keys': limit['keys'], 'limits': earlier['limits'] + [limit]
        }}) %}
    {%- endfor %}
    {{- return(found.values() | list) -}}
{%- endmacro %}

{#- All key columns of limits. -#}
{% macro key_columns(limits) -%}
    {{- return(limits | map(attribute='keys') | sum(start=[]) | unique | list) -}}
{%- endmacro %}

{#- `prefix.key, prefix.key` for the columns of a key. -#}
{% macro columns_of(prefix, keys) -%}
    {%- for key in keys -%}{{ prefix }}.{{ key }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{% macro equal_keys(left, right, keys) -%}
    {%- for key in keys -%}
        {{ left }}.{{ key }} = {{ right }}.{{ key }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- A CTE of what messages take of each key, and of the campaign and the place of the last one. -#}
{% macro taken_by(one, name, messages) -%}
{{ name }}_by_{{ one.name }} as (

    select
        {{ one['keys'] | join(', ') }},
        cast(count(*) as int) as messages,
        sum(cost) as cost,
        max_by(campaign_key, place) as last_campaign_key,
        max(place) as last_place
    from {{ messages }}
    group by {{ one['keys'] | join(', ') }}

),
{% endmacro %}
