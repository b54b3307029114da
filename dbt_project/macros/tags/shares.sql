{#- A share of 0 to 1, rounded to four places; null where the whole is too little to tell a habit from. -#}
{% macro share_of(part, whole, at_least=1) -%}
    case when {{ whole }} >= {{ at_least }} then round(cast({{ part }} as double) / cast({{ whole }} as double), 4) end
{%- endmacro %}

{#- The category of three in four order lines or more, of as many lines at least as tell a habit (var habit_lines); else null. -#}
{% macro preferred_category(category, lines, all_lines) -%}
    case when {{ all_lines }} >= {{ var('habit_lines', 5) }} and {{ lines }} * 4 >= {{ all_lines }} * 3 then {{ category }} end
{%- endmacro %}

{#- The parts of the day (var dayparts) as names in order. -#}
{% macro dayparts() -%} {{ return(var('dayparts').keys() | list) }} {%- endmacro %}

{#- True where a moment lies in a part of the day; one whose last hour comes before its first goes on after midnight. -#}
{% macro in_daypart(moment, daypart) -%}
    {%- set hours = var('dayparts')[daypart] -%}
    {%- if hours[0] < hours[1] -%} (hour({{ moment }}) >= {{ hours[0] }} and hour({{ moment }}) < {{ hours[1] }})
    {%- else -%} (hour({{ moment }}) >= {{ hours[0] }} or hour({{ moment }}) < {{ hours[1] }})
    {%- endif -%}
{%- endmacro %}

{#- True where a moment has a time of day: sources that know only the day write midnight. -#}
{% macro has_time_of_day(moment) -%}
    {{ moment }} <> cast(cast({{ moment }} as date) as timestamp)
{%- endmacro %}

{#- The seasons of trade that habits of buying are counted by: rows of the seed shopping_seasons. -#}
{% macro shopping_seasons() -%}
    {{ return([
        'spring_festival', 'womens_day', 'mid_year', 'back_to_school', 'mid_autumn', 'national_day', 'double_11',
        'double_12', 'year_end'
    ]) }}
{%- endmacro %}

{#- The themes that products are told by: rows of the seed product_themes. -#}
{% macro product_themes() -%}
    {{ return([
        'gift', 'children', 'christmas', 'party', 'coffee_and_tea', 'wine', 'cooking', 'garden', 'smart_home',
        'skin_care', 'sports', 'bedding', 'storage', 'bags', 'decoration', 'stationery', 'vintage', 'snacks'
    ]) }}
{%- endmacro %}
