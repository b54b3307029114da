{#- The first time from `from_day` on that `day` comes round. A 29 February comes round on 1 March where the year has none. -#}
{% macro next_anniversary(day, from_day) -%}
    case
        when {{ anniversary_in('year(' ~ from_day ~ ')', day) }} >= {{ from_day }}
            then {{ anniversary_in('year(' ~ from_day ~ ')', day) }}
        else {{ anniversary_in('year(' ~ from_day ~ ') + 1', day) }}
    end
{%- endmacro %}

{#- On which day of a year `day` comes round. -#}
{% macro anniversary_in(year, day) -%}
    {{ add_days('make_date(cast(' ~ year ~ ' as int), cast(month(' ~ day ~ ') as int), 1)', 'day(' ~ day ~ ') - 1') }}
{%- endmacro %}

{#- Whether `day` is today or one of the next `lead_days`. -#}
{% macro comes_within(day, lead_days) -%}
    {{ day }} between {{ as_of() }} and {{ add_days(as_of(), lead_days) }}
{%- endmacro %}

{#- Member day of this month (0) or the one after (1): the var member_day, or the last day of a shorter month. -#}
{% macro member_day_in(months) -%}
    {%- set first_day = add_months_to(truncated_to('month', as_of()), months) -%}
    {%- set end = add_months_to(truncated_to('month', as_of()), months + 1) -%}
    least({{ add_days(first_day, var('member_day') - 1) }}, {{ add_days(end, -1) }})
{%- endmacro %}
