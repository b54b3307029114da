{# When this run started, in the business time zone: the mark that the rows carry which a run has written. #}
{% macro run_mark() -%}
    {%- set zone = modules.pytz.timezone(business_timezone()) -%}
    cast('{{ run_started_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp)
{%- endmacro %}
