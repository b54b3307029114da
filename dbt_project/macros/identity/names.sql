{# A name as one number. It goes by how the name sounds, from its similarity features `given.bits|family.bits`: the tokens
   of both parts, the smaller one first, so that 王伟, Wang Wei and Wei Wang are one name. #}
{% macro name_key(token, features) -%}
    {%- set given = "split_part(split_part(" ~ features ~ ", '|', 1), '.', 1)" -%}
    {%- set family = "split_part(split_part(" ~ features ~ ", '|', 2), '.', 1)" -%}
    case
        when {{ token }} is null then null
        when {{ features }} is null then {{ hash_key(token) }}
        else {{ hash_key('least(' ~ given ~ ', ' ~ family ~ ") || '+' || greatest(" ~ given ~ ', ' ~ family ~ ')') }}
    end
{%- endmacro %}

{# Whether two names are two people's: both are known, and no spelling or order of parts makes one of the other. A part
   that only one has says nothing. one, other: relations with `name_token` and `name_features`. #}
{% macro names_differ(one, other) -%}
    {%- set left, right = one ~ '.name_features', other ~ '.name_features' -%}
    {%- set orders = [[(1, 1), (2, 2)], [(1, 2), (2, 1)]] -%}
    case
        when {{ one }}.name_token is null or {{ other }}.name_token is null then null
        when {{ one }}.name_token = {{ other }}.name_token then false
        when {{ left }} is null or {{ right }} is null then true
        else not (
            {%- for first, second in orders %}
            {%- set given, family = part_alike(left, right, first), part_alike(left, right, second) %}
            {{ 'or ' if not loop.first }}coalesce({{ given }} and {{ family }}, {{ given }}, {{ family }}, false)
            {%- endfor %}
        )
    end
{%- endmacro %}

{# whether a part of one name may be a spelling of a part of another; null where one is missing #}
{% macro part_alike(left, right, parts) -%}
    (
        {{ feature_token(left, parts[0]) }} = {{ feature_token(right, parts[1]) }}
        or {{ bits_alike(feature_bits(left, parts[0]), feature_bits(right, parts[1])) }} >= {{ var('name_likeness') }}
    )
{%- endmacro %}
