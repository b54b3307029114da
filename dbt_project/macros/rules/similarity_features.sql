{# Similarity features as ingestion writes them: parts joined by `|`, each `<token>.<bits>` or empty. #}

{# the token of a part: equal for equal parts #}
{% macro feature_token(column, part) -%}
    nullif(split_part(split_part({{ column }}, '|', {{ part }}), '.', 1), '')
{%- endmacro %}

{# the Bloom filter of a part as hex digits #}
{% macro feature_bits(column, part) -%}
    nullif(split_part(split_part({{ column }}, '|', {{ part }}), '.', 2), '')
{%- endmacro %}

{# how alike two Bloom filters of 60 hex digits are: the Dice coefficient, 0 to 1 #}
{% macro bits_alike(one, other) -%}
    {%- set common, all = [], [] -%}
    {%- for start in [1, 16, 31, 46] -%}
        {%- set left = hex_number('substr(' ~ one ~ ', ' ~ start ~ ', 15)') -%}
        {%- set right = hex_number('substr(' ~ other ~ ', ' ~ start ~ ', 15)') -%}
        {%- do common.append('bit_count(' ~ left ~ ' & ' ~ right ~ ')') -%}
        {%- do all.append('bit_count(' ~ left ~ ') + bit_count(' ~ right ~ ')') -%}
    {%- endfor -%}
    2.0 * ({{ common | join(' + ') }}) / nullif({{ all | join(' + ') }}, 0)
{%- endmacro %}
