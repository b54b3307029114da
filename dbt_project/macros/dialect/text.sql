{# Text. Patterns: write `[0-9]`, never a backslash class, so that both engines read them alike. #}

{# every match of `pattern` in `text` replaced #}
{% macro regexp_replace_all(text, pattern, replacement) %}
    {{- return(adapter.dispatch('regexp_replace_all', 'guanxi')(text, pattern, replacement)) -}}
{% endmacro %}
{% macro default__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}
{% macro spark__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{# true where `pattern` is found anywhere in `text` #}
{% macro regexp_found(text, pattern) %}
    {{- return(adapter.dispatch('regexp_found', 'guanxi')(text, pattern)) -}}
{% endmacro %}
{% macro default__regexp_found(text, pattern) -%} regexp_matches({{ text }}, '{{ pattern }}') {%- endmacro %}
{% macro spark__regexp_found(text, pattern) -%} regexp_like({{ text }}, '{{ pattern }}') {%- endmacro %}

{# a field of a JSON text, as text: json_text('payload', 'city') #}
{% macro json_text(text, field) %}
    {{- return(adapter.dispatch('json_text', 'guanxi')(text, field)) -}}
{% endmacro %}
{% macro default__json_text(text, field) -%} json_extract_string({{ text }}, '$.{{ field }}') {%- endmacro %}
{% macro spark__json_text(text, field) -%} get_json_object({{ text }}, '$.{{ field }}') {%- endmacro %}

{# a JSON object as text from [['field', 'expression'], …]; fields keep their order, nulls are written as null #}
{% macro json_object_text(pairs) %}
    {{- return(adapter.dispatch('json_object_text', 'guanxi')(pairs)) -}}
{% endmacro %}
{% macro default__json_object_text(pairs) -%}
    cast(
        json_object({% for name, value in pairs %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
        as string
    )
{%- endmacro %}
{% macro spark__json_object_text(pairs) -%}
    to_json(
        named_struct({% for name, value in pairs %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}

{# a column's name as a name, whatever word of SQL it is (at, order, user); any other expression as it is #}
{% macro quoted_column(expression) %}
    {%- set is_name = modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', expression | string) -%}
    {%- if is_name and expression | lower not in ['null', 'true', 'false', 'current_date', 'current_timestamp'] -%}
        {{- return(adapter.quote(expression)) -}}
    {%- endif -%}
    {{- return(expression) -}}
{% endmacro %}

{# the same of each of a list #}
{% macro quoted_columns(expressions) %}
    {%- set quoted = [] -%}
    {%- for expression in expressions -%}{%- do quoted.append(quoted_column(expression)) -%}{%- endfor -%}
    {{- return(quoted) -}}
{% endmacro %}
