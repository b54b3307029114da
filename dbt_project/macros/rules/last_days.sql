{#- True where a date lies in the last n days that end with a day, that day included. -#}
{% macro in_last_days(day, days, until) -%}
    {{ day }} > cast({{ until }} - interval {{ days }} day as date) and {{ day }} <= {{ until }}
{%- endmacro %}
