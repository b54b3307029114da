{# Sets: arrays, joined text, series, and window functions that skip nulls. #}

{# the distinct values of a group, sorted and joined; null where there is none #}
{% macro joined_text(expression, separator=',') %}
    {{- return(adapter.dispatch('joined_text', 'guanxi')(expression, separator)) -}}
{% endmacro %}
{% macro default__joined_text(expression, separator) -%}
    string_agg(distinct {{ expression }}, '{{ separator }}' order by {{ expression }})
{%- endmacro %}
{% macro spark__joined_text(expression, separator) -%}
    nullif(array_join(array_sort(collect_set({{ expression }})), '{{ separator }}'), '')
{%- endmacro %}

{# the values of a group joined in the order of whole numbers that differ; null where there is none #}
{% macro text_in_order(expression, place, separator=',') %}
    {{- return(adapter.dispatch('text_in_order', 'guanxi')(expression, place, separator)) -}}
{% endmacro %}
{% macro default__text_in_order(expression, place, separator) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ place }})
{%- endmacro %}
{% macro spark__text_in_order(expression, place, separator) -%}
    nullif(
        array_join(transform(
            array_sort(collect_list(struct({{ place }} as place, {{ expression }} as value))), each -> each.value
        ), '{{ separator }}'),
        ''
    )
{%- endmacro %}

{# the distinct values of a group as a sorted array; empty where there is none, never null #}
{% macro array_agg_distinct(expression) %}
    {{- return(adapter.dispatch('array_agg_distinct', 'guanxi')(expression)) -}}
{% endmacro %}
{% macro default__array_agg_distinct(expression) -%}
    coalesce(array_sort(array_agg(distinct {{ expression }}) filter (where {{ expression }} is not null)), [])
{%- endmacro %}
{% macro spark__array_agg_distinct(expression) -%} array_sort(collect_set({{ expression }})) {%- endmacro %}

{# a struct from [['field', 'expression'], …] #}
{% macro make_struct(pairs) %}
    {{- return(adapter.dispatch('make_struct', 'guanxi')(pairs)) -}}
{% endmacro %}
{% macro default__make_struct(pairs) -%}
    struct_pack({% for name, value in pairs %}{{ name }} := {{ value }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
{% macro spark__make_struct(pairs) -%}
    named_struct({% for name, value in pairs %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# in a from clause, one row per array element: from t {{ unnest_array('t.tags', 'u', 'tag') }} #}
{% macro unnest_array(array, alias, column) %}
    {{- return(adapter.dispatch('unnest_array', 'guanxi')(array, alias, column)) -}}
{% endmacro %}
{% macro default__unnest_array(array, alias, column) -%}
    cross join unnest({{ array }}) as {{ alias }} ({{ column }})
{%- endmacro %}
{% macro spark__unnest_array(array, alias, column) -%}
    cross join lateral explode({{ array }}) as {{ alias }} ({{ column }})
{%- endmacro %}

{# in a from clause, the whole numbers 0 … count - 1: from {{ series('24', 'months', 'n') }} #}
{% macro series(count, alias, column) -%} range(0, {{ count }}) as {{ alias }} ({{ column }}) {%- endmacro %}

{# first value that is not null, over a window: first_known('email', 'partition by customer_id order by seen_at') #}
{% macro first_known(expression, window) %}
    {{- return(adapter.dispatch('first_known', 'guanxi')(expression, window)) -}}
{% endmacro %}
{% macro default__first_known(expression, window) -%}
    first_value({{ expression }} ignore nulls) over ({{ window }})
{%- endmacro %}
{% macro spark__first_known(expression, window) -%}
    first_value({{ expression }}) ignore nulls over ({{ window }})
{%- endmacro %}

{# the array of those of several expressions that are not null, in their order #}
{% macro known_of_array(expressions) %}
    {{- return(adapter.dispatch('known_of_array', 'guanxi')(expressions)) -}}
{% endmacro %}
{% macro default__known_of_array(expressions) -%}
    list_filter([{{ expressions | join(', ') }}], lambda entry: entry is not null)
{%- endmacro %}
{% macro spark__known_of_array(expressions) -%} array_compact(array({{ expressions | join(', ') }})) {%- endmacro %}

{# an array without elements, of a type or of structs [['field', 'type'], …] #}
{% macro empty_array(type) %}
    {{- return(adapter.dispatch('empty_array', 'guanxi')(type)) -}}
{% endmacro %}
{% macro default__empty_array(type) -%}
    {%- set fields = [] -%}
    {%- if type is string -%}{%- set element = type -%}
    {%- else -%}
        {%- for name, kind in type -%}{%- do fields.append(name ~ ' ' ~ kind) -%}{%- endfor -%}
        {%- set element = 'struct(' ~ fields | join(', ') ~ ')' -%}
    {%- endif -%}
    cast([] as {{ element }} [])
{%- endmacro %}
{% macro spark__empty_array(type) -%}
    {%- set fields = [] -%}
    {%- if type is string -%}{%- set element = type -%}
    {%- else -%}
        {%- for name, kind in type -%}{%- do fields.append(name ~ ': ' ~ kind) -%}{%- endfor -%}
        {%- set element = 'struct<' ~ fields | join(', ') ~ '>' -%}
    {%- endif -%}
    cast(array() as array<{{ element }}>)
{%- endmacro %}

{# several arrays in one, in their order #}
{% macro joined_arrays(first, others) -%} {{ ([first] + others) | join(' || ') }} {%- endmacro %}

{# a field of a struct #}
{% macro struct_field(struct, field) -%} {{ struct }}.{{ field }} {%- endmacro %}
