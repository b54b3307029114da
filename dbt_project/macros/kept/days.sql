{# The days that a table has to replace: whole days, and only those that new loads touch. #}

{# values of the first column of a query, as texts #}
{% macro first_column(sql) %}
    {{- return(run_query(sql).columns[0].values() | map('string') | list) -}}
{% endmacro %}

{# the newest load of each channel that the log being built has read #}
{% macro newest_loads_in_log() %}
    {%- set newest = {} -%}
    {%- for row in run_query('select channel, max(load_id) as load_id from ' ~ this ~ ' group by channel') -%}
        {%- do newest.update({row[0]: row[1] or ''}) -%}
    {%- endfor -%}
    {{- return(newest) -}}
{% endmacro %}

{# the days with entries in a change log that the table being built has not followed yet #}
{% macro changed_days(log, column) %}
    {{- return(first_column(
        'select distinct cast(' ~ column ~ ' as string) from ' ~ entries_since(log) ~ ' as entries where ' ~ column
        ~ ' is not null'
    )) -}}
{% endmacro %}

{# a condition that keeps the rows of those days; the outer bounds let both engines skip files #}
{% macro on_days(moment, days) -%}
    {%- if not days -%}
    1 = 0
    {%- else -%}
    {{ moment }} >= cast('{{ days | min }}' as timestamp)
    and {{ moment }} < {{ end_of_day("cast('" ~ days | max ~ "' as date)") }}
    and cast({{ moment }} as date) in (
        {%- for day in days | sort %}cast('{{ day }}' as date){{ ', ' if not loop.last }}{% endfor -%}
    )
    {%- endif -%}
{%- endmacro %}
