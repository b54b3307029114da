{# Similarity features as ingestion writes them: parts joined by `|`, each `<token>.<bits>` or empty. #}

{# the token of a part: equal for equal parts #}
{% macro feature_token(column, part) -%}
    nullif(split_part(split_part({{ column }}, '|', {{ part }}), '.', 1), '')
{%- endmacro %}

{# the Bloom filter of a part as hex digits #}
{% macro feature_bits(column, part) -%}
    nullif(split_part(split_part({{ column }}, '|', {{ part }}), '.', 2), '')
{%- endmacro %}

{# a Bloom filter of 60 hex digits as columns `<name>_bits_1` to `_4`, numbers that can be compared #}
{% macro bit_columns(bits, name) -%}
    {%- for start in [1, 16, 31, 46] -%}
    {{ hex_number('substr(' ~ bits ~ ', ' ~ start ~ ', 15)') }} as {{ name }}_bits_{{ loop.index }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# how alike two Bloom filters in `bit_columns` are: the Dice coefficient, 0 to 1 #}
{% macro bits_alike(one, other) -%}
    {%- set common, all = [], [] -%}
    {%- for number in [1, 2, 3, 4] -%}
        {%- set left, right = one ~ '_bits_' ~ number, other ~ '_bits_' ~ number -%}
        {%- do common.append('bit_count(' ~ left ~ ' & ' ~ right ~ ')') -%}
        {%- do all.append('bit_count(' ~ left ~ ') + bit_count(' ~ right ~ ')') -%}
    {%- endfor -%}
    2.0 * ({{ common | join(' + ') }}) / nullif({{ all | join(' + ') }}, 0)
{%- endmacro %}
