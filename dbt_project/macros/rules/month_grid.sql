{#- The grid on which lifecycle stages are looked at: the last 12 month ends and, as the last point, as_of itself. -#}

{% macro grid_points() -%}
    {{ return(range(13)) }}
{%- endmacro %}

{#- The date of one grid point: 0 is the oldest month end, 12 is as_of. -#}
{% macro grid_date(point) -%}
    {%- if point == 12 -%}
        {{ as_of() }}
    {%- else -%}
        cast(date_trunc('month', {{ as_of() }}) - interval {{ 11 - point }} month - interval 1 day as date)
    {%- endif -%}
{%- endmacro %}

{#- True where a date lies in the cell of a grid point: after the point before it, up to and including the point. -#}
{% macro in_grid_cell(day, point) -%}
    {%- if point > 0 -%}
        {{ day }} > {{ grid_date(point - 1) }} and {% endif -%}
    {{ day }} <= {{ grid_date(point) }}
{%- endmacro %}

{#- True where a date lies in the last n days that end with a day, that day included. -#}
{% macro in_last_days(day, days, until) -%}
    {{ day }} > cast({{ until }} - interval {{ days }} day as date) and {{ day }} <= {{ until }}
{%- endmacro %}

{#- True where a sale of a day counts as a purchase on a later day: made by then, and not yet taken back. -#}
{% macro is_kept_on(order_day, taken_back_day, until) -%}
    {{ order_day }} <= {{ until }} and ({{ taken_back_day }} is null or {{ taken_back_day }} > {{ until }})
{%- endmacro %}
