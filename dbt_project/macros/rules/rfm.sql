{#- True where a date lies in the RFM window that ends with as_of; with a window of 0 or null, always. -#}
{% macro in_rfm_window(day) -%}
    {%- set days = var('rfm_window_days', 365) -%}
    {%- if days is none or days | int == 0 -%}
        {{ day }} <= {{ as_of() }}
    {%- else -%}
        {{ in_last_days(day, days | int, as_of()) }}
    {%- endif -%}
{%- endmacro %}

{#- The quantile score 1 to 5 of a row from its rank() (1 is worst) among n rows: the NTILE(5) bucket of the lowest
    position in its group of ties. NTILE puts the odd n % 5 rows one each into the first buckets. -#}
{% macro quantile_score(position, n) -%}
    {%- set size = integer_divide(n, 5) -%}
    {%- set odd = '(' ~ n ~ ' % 5)' -%}
    cast(case
        when {{ position }} <= {{ odd }} * ({{ size }} + 1)
            then {{ integer_divide('(' ~ position ~ ' - 1)', '(' ~ size ~ ' + 1)') }} + 1
        else {{ odd }}
            + {{ integer_divide('(' ~ position ~ ' - 1 - ' ~ odd ~ ' * (' ~ size ~ ' + 1))', 'greatest(' ~ size ~ ', 1)') }}
            + 1
    end as int)
{%- endmacro %}
