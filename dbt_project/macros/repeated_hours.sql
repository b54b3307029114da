{# The hours that occur twice in the business time zone, as pairs of their first moment and the first one after: times in
   the lake have no offset, so in these nothing tells which came first. Empty where clocks are never set back. #}
{% macro repeated_hours(first_year=2000, last_year=2040) %}
    {%- set zone = modules.pytz.timezone(business_timezone()) -%}
    {%- set start = modules.datetime.datetime(first_year, 1, 1) -%}
    {%- set half_hour = modules.datetime.timedelta(minutes=30) -%}
    {%- set hours = [] -%}
    {%- if zone is sameas modules.pytz.utc -%}{{- return([]) -}}{%- endif -%}
    {%- set offsets = [] -%}
    {%- for quarter in range((last_year - first_year + 1) * 4) -%}
        {%- set day = modules.datetime.datetime(first_year + quarter // 4, 1 + 3 * (quarter % 4), 1) -%}
        {%- do offsets.append(zone.utcoffset(day, is_dst=false)) -%}
    {%- endfor -%}
    {%- set weeks = (last_year - first_year + 1) * 53 if offsets | unique | list | length > 1 else 0 -%}
    {%- for week in range(weeks) -%}
        {%- set monday = start + modules.datetime.timedelta(days=7 * week) -%}
        {%- set sunday = monday + modules.datetime.timedelta(days=7) -%}
        {%- if zone.utcoffset(sunday, is_dst=false) < zone.utcoffset(monday, is_dst=false) -%}
            {%- set repeated = [] -%}
            {%- for day in range(7) -%}
                {%- set midnight = monday + modules.datetime.timedelta(days=day) -%}
                {%- set next = midnight + modules.datetime.timedelta(days=1) -%}
                {%- if zone.utcoffset(next, is_dst=false) < zone.utcoffset(midnight, is_dst=false) -%}
                    {#- a little into the next day, for an hour that lies around midnight -#}
                    {%- for step in range(52) -%}
                        {%- set moment = midnight + step * half_hour -%}
                        {%- if zone.utcoffset(moment, is_dst=true) != zone.utcoffset(moment, is_dst=false) -%}
                            {%- do repeated.append(moment) -%}
                        {%- endif -%}
                    {%- endfor -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if repeated -%}{%- do hours.append((repeated[0], repeated[-1] + half_hour)) -%}{%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(hours) -}}
{% endmacro %}

{# A time to order changes by: all of an hour that occurs twice is one moment, so that what arrived last decides there. #}
{% macro change_order(column) -%}
    {%- set hours = repeated_hours() -%}
    {%- if not hours -%} {{ column }}
    {%- else -%}
    case
        {%- for first, after in hours %}
        when {{ column }} >= timestamp '{{ first }}' and {{ column }} < timestamp '{{ after }}' then timestamp '{{ first }}'
        {%- endfor %}
        else {{ column }}
    end
    {%- endif -%}
{%- endmacro %}

{# Whether a time lies in an hour that occurs twice: there, what is no version of a record is ordered by its arrival. #}
{% macro in_repeated_hour(column) -%}
    {%- set hours = repeated_hours() -%}
    {%- if not hours -%} false
    {%- else -%}
    (
        {%- for first, after in hours %}
        {{ 'or ' if not loop.first }}({{ column }} >= timestamp '{{ first }}' and {{ column }} < timestamp '{{ after }}')
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}
