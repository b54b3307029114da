{# Dates and times. All are naive, in the business time zone; both engines run their session in UTC.
   dbt's own macros are used where they say the same on both engines. Its dateadd keeps a time of day, which a day has
   not, and its listagg has no order on Spark, so those stay ours. #}

{# whole days from `start` to `finish` #}
{% macro days_between(start, finish) -%}
    cast({{ dbt.datediff('cast(' ~ start ~ ' as date)', 'cast(' ~ finish ~ ' as date)', 'day') | trim }} as int)
{%- endmacro %}

{# month boundaries crossed from `start` to `finish` #}
{% macro months_between_dates(start, finish) -%}
    ((year({{ finish }}) - year({{ start }})) * 12 + month({{ finish }}) - month({{ start }}))
{%- endmacro %}

{# full years from `birthday` to `day`: a 29 February comes round on 1 March where the year has none #}
{% macro full_years(birthday, day) -%}
    (
        year({{ day }}) - year({{ birthday }})
        - case
            when month({{ day }}) * 100 + day({{ day }}) < month({{ birthday }}) * 100 + day({{ birthday }}) then 1
            else 0
        end
    )
{%- endmacro %}

{# hours from `start` to `finish`, with the fraction #}
{% macro hours_between(start, finish) -%}
    (cast({{ dbt.datediff('(' ~ start ~ ')', '(' ~ finish ~ ')', 'second') | trim }} as double) / 3600)
{%- endmacro %}

{# `day` moved by a number of days (an expression; may be negative) #}
{% macro add_days(day, days) %}
    {{- return(adapter.dispatch('add_days', 'guanxi')(day, days)) -}}
{% endmacro %}
{% macro default__add_days(day, days) -%} cast({{ day }} + to_days(cast({{ days }} as int)) as date) {%- endmacro %}
{% macro spark__add_days(day, days) -%} date_add(cast({{ day }} as date), cast({{ days }} as int)) {%- endmacro %}

{# `day` moved by a number of months; the 31st becomes the last day of a shorter month #}
{% macro add_months_to(day, months) %}
    {{- return(adapter.dispatch('add_months_to', 'guanxi')(day, months)) -}}
{% endmacro %}
{% macro default__add_months_to(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as int)) as date)
{%- endmacro %}
{% macro spark__add_months_to(day, months) -%}
    add_months(cast({{ day }} as date), cast({{ months }} as int))
{%- endmacro %}

{# first day of the day's unit: truncated_to('month', 'ordered_at') #}
{% macro truncated_to(unit, moment) -%} cast({{ dbt.date_trunc(unit, moment) }} as date) {%- endmacro %}

{# 1 for Monday … 7 for Sunday #}
{% macro weekday_number(moment) %}
    {{- return(adapter.dispatch('weekday_number', 'guanxi')(moment)) -}}
{% endmacro %}
{% macro default__weekday_number(moment) -%} cast(isodow({{ moment }}) as int) {%- endmacro %}
{% macro spark__weekday_number(moment) -%} (weekday({{ moment }}) + 1) {%- endmacro %}

{# the moment that a day ends: rows before it are "on or before" that day #}
{% macro end_of_day(day) -%} cast({{ add_days(day, 1) }} as timestamp) {%- endmacro %}
