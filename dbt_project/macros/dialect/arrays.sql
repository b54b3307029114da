{# Arrays that stand for many rows: work on each element without a row for each. #}

{# An expression for each element of an array: array_map('tags', 'tag', 'tag + 1'). Inside of it `name` is the element. #}
{% macro array_map(array, name, expression) %}
    {{- return(adapter.dispatch('array_map', 'guanxi')(array, name, expression)) -}}
{% endmacro %}
{% macro default__array_map(array, name, expression) -%}
    list_transform({{ array }}, lambda {{ name }}: {{ expression }})
{%- endmacro %}
{% macro spark__array_map(array, name, expression) -%} transform({{ array }}, {{ name }} -> {{ expression }}) {%- endmacro %}

{# the elements for which a condition holds #}
{% macro array_where(array, name, condition) %}
    {{- return(adapter.dispatch('array_where', 'guanxi')(array, name, condition)) -}}
{% endmacro %}
{% macro default__array_where(array, name, condition) -%}
    list_filter({{ array }}, lambda {{ name }}: {{ condition }})
{%- endmacro %}
{% macro spark__array_where(array, name, condition) -%} filter({{ array }}, {{ name }} -> {{ condition }}) {%- endmacro %}

{# the element in a place, counted from 1; null beyond the end #}
{% macro element_of(array, place) %}
    {{- return(adapter.dispatch('element_of', 'guanxi')(array, place)) -}}
{% endmacro %}
{% macro default__element_of(array, place) -%} {{ array }}[{{ place }}] {%- endmacro %}
{% macro spark__element_of(array, place) -%} try_element_at({{ array }}, {{ place }}) {%- endmacro %}

{# the values of a group as an array, in the order of whole numbers that differ; nulls keep their place #}
{% macro array_in_order(expression, place) -%}
    {%- set pairs = make_struct([['place', place], ['value', expression]]) -%}
    {{- array_map('array_sort(array_agg(' ~ pairs ~ '))', 'each', struct_field('each', 'value')) -}}
{%- endmacro %}

{# the elements of an array, each once and sorted, without nulls #}
{% macro array_distinct_known(array) %}
    {{- return(adapter.dispatch('array_distinct_known', 'guanxi')(array)) -}}
{% endmacro %}
{% macro default__array_distinct_known(array) -%} list_sort(list_distinct({{ array }})) {%- endmacro %}
{% macro spark__array_distinct_known(array) -%} array_sort(array_distinct(array_compact({{ array }}))) {%- endmacro %}

{# how many elements an array has #}
{% macro array_size(array) %}
    {{- return(adapter.dispatch('array_size', 'guanxi')(array)) -}}
{% endmacro %}
{% macro default__array_size(array) -%} cast(len({{ array }}) as int) {%- endmacro %}
{% macro spark__array_size(array) -%} size({{ array }}) {%- endmacro %}

{# how often each element is in an array: a map of counts by element, without nulls #}
{% macro element_counts(array) %}
    {{- return(adapter.dispatch('element_counts', 'guanxi')(array)) -}}
{% endmacro %}
{% macro default__element_counts(array) -%} list_aggregate({{ array }}, 'histogram') {%- endmacro %}
{% macro spark__element_counts(array) -%}
    map_from_entries(transform(
        array_distinct(array_compact({{ array }})),
        element -> struct(element, size(filter({{ array }}, other -> other = element)))
    ))
{%- endmacro %}

{# the sum of whole numbers in an array; 0 of an empty one #}
{% macro array_sum(array) %}
    {{- return(adapter.dispatch('array_sum', 'guanxi')(array)) -}}
{% endmacro %}
{% macro default__array_sum(array) -%} coalesce(list_sum({{ array }}), 0) {%- endmacro %}
{% macro spark__array_sum(array) -%}
    aggregate({{ array }}, cast(0 as bigint), (total, element) -> total + element)
{%- endmacro %}

{# A select of rows from arrays of one length, an element of each in a row: columns that stay, then [['name', 'array'], …].
   Conditions on the columns that stay are asked before the arrays are taken apart. #}
{% macro unnested_together(columns, arrays, relation) %}
    {{- return(adapter.dispatch('unnested_together', 'guanxi')(columns, arrays, relation)) -}}
{% endmacro %}
{% macro default__unnested_together(columns, arrays, relation) -%}
    select
        {{ columns | join(', ') }},
        {%- for name, array in arrays %}
        unnest({{ array }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
{%- endmacro %}
{% macro spark__unnested_together(columns, arrays, relation) -%}
    select
        {{ columns | join(', ') }},
        inline(arrays_zip({{ arrays | map(attribute=1) | join(', ') }})) as ({{ arrays | map(attribute=0) | join(', ') }})
    from {{ relation }}
{%- endmacro %}
