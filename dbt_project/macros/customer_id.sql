{# The id of the customer that a source profile gives its name to. Changing this changes every id. #}
{% macro customer_id_of(source_profile_id) -%}
    'c_' || substr({{ sha256_hex(source_profile_id) }}, 1, 16)
{%- endmacro %}
