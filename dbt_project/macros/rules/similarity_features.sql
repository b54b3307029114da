{# Similarity features as ingestion writes them: parts joined by `|`, each `<token>.<bits>` or empty. #}

{# the token of a part: equal for equal parts #}
{% macro feature_token(column, part) -%}
    nullif(split_part(split_part({{ column }}, '|', {{ part }}), '.', 1), '')
{%- endmacro %}

{# the Bloom filter of a part as hex digits #}
{% macro feature_bits(column, part) -%}
    nullif(split_part(split_part({{ column }}, '|', {{ part }}), '.', 2), '')
{%- endmacro %}
