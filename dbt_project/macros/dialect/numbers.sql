{# Numbers. Money is decimal(18, 2); DuckDB rounds a cast to an integer and Spark truncates it: floor or round first. #}

{# whole-number division, rounding towards zero #}
{% macro integer_divide(dividend, divisor) %}
    {{- return(adapter.dispatch('integer_divide', 'guanxi')(dividend, divisor)) -}}
{% endmacro %}
{% macro default__integer_divide(dividend, divisor) -%} (({{ dividend }}) // ({{ divisor }})) {%- endmacro %}
{% macro spark__integer_divide(dividend, divisor) -%} (({{ dividend }}) div ({{ divisor }})) {%- endmacro %}

{% macro money(amount) -%} cast({{ amount }} as decimal(18, 2)) {%- endmacro %}

{# the product of two numbers of 18 digits: with one digit more DuckDB multiplies in 38 digits, not in 18 that overflow #}
{% macro multiplied(amount, factor, scale=4) -%}
    (cast({{ amount }} as decimal(19, {{ scale }})) * {{ factor }})
{%- endmacro %}

{# a ratio as double; null where the divisor is zero or null #}
{% macro ratio(dividend, divisor) -%}
    (cast({{ dividend }} as double) / nullif(cast({{ divisor }} as double), 0))
{%- endmacro %}

{# average of a money column, rounded half up in whole cents: never through a double, so both engines agree #}
{% macro avg_money(amount) -%}
    cast(
        sign(sum({{ amount }}))
        * {{ integer_divide(
            '2 * abs(cast(sum(' ~ amount ~ ') * 100 as bigint)) + count(' ~ amount ~ ')',
            '2 * nullif(count(' ~ amount ~ '), 0)') }}
        * 0.01 as decimal(18, 2)
    )
{%- endmacro %}

{# an aggregate of doubles that is the same on every run, whatever order the rows come in; Spark's may differ in the last
   digits #}
{% macro in_order(aggregate, columns) %}
    {{- return(adapter.dispatch('in_order', 'guanxi')(aggregate, columns)) -}}
{% endmacro %}
{% macro default__in_order(aggregate, columns) -%}
    {{ aggregate }}({{ columns | join(', ') }} order by {{ columns | join(', ') }})
{%- endmacro %}
{% macro spark__in_order(aggregate, columns) -%} {{ aggregate }}({{ columns | join(', ') }}) {%- endmacro %}
