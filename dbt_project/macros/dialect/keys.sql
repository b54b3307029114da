{# Keys made from values; equal on both engines. Never hash a double. #}

{# 64 hex digits #}
{% macro sha256_hex(text) %}
    {{- return(adapter.dispatch('sha256_hex', 'guanxi')(text)) -}}
{% endmacro %}
{% macro default__sha256_hex(text) -%} sha256({{ text }}) {%- endmacro %}
{% macro spark__sha256_hex(text) -%} sha2({{ text }}, 256) {%- endmacro %}

{# a 60-bit whole number in random order: what joins and closure are fastest with #}
{% macro hash_key(text) %}
    {{- return(adapter.dispatch('hash_key', 'guanxi')(text)) -}}
{% endmacro %}
{% macro default__hash_key(text) -%} cast('0x' || substr(md5({{ text }}), 1, 15) as bigint) {%- endmacro %}
{% macro spark__hash_key(text) -%} cast(conv(substr(md5({{ text }}), 1, 15), 16, 10) as bigint) {%- endmacro %}

{#- Two keys as one: their exclusive or, which every engine can say with `and` and `or`. -#}
{% macro xor_of(left, right) -%}
    (({{ left }} | {{ right }}) - ({{ left }} & {{ right }}))
{%- endmacro %}

{# up to 15 hex digits as a whole number #}
{% macro hex_number(text) %}
    {{- return(adapter.dispatch('hex_number', 'guanxi')(text)) -}}
{% endmacro %}
{% macro default__hex_number(text) -%} cast('0x' || {{ text }} as bigint) {%- endmacro %}
{% macro spark__hex_number(text) -%} cast(conv({{ text }}, 16, 10) as bigint) {%- endmacro %}

{# 32 hex digits over several columns; null and '' stay apart #}
{% macro surrogate_key(columns) -%}
    md5(
        {%- for column in columns -%}
        coalesce(cast({{ column }} as string), '_null_'){{ " || '|' || " if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
