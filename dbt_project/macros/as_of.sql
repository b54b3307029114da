{# The day a build states, as a date: what is true at its end. From GUANXI_AS_OF, else the var `as_of`, else today in
   the business time zone. Known when SQL is run, not when the project is parsed: the parse then serves every day. #}
{% macro as_of() -%}
    {%- set chosen = (env_var('GUANXI_AS_OF', '') if execute else '') or var('as_of') -%}
    {%- if not chosen -%}
        {%- set zone = modules.pytz.timezone(business_timezone()) -%}
        {%- set chosen = run_started_at.astimezone(zone).strftime('%Y-%m-%d') -%}
    {%- endif -%}
    {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', chosen | string) -%}
        {{ exceptions.raise_compiler_error("as_of is '" ~ chosen ~ "'; it must be a day such as 2026-06-30") }}
    {%- endif -%}
    cast('{{ chosen }}' as date)
{%- endmacro %}

{# The first moment after the as-of day: `ordered_at < {{ as_of_end() }}` #}
{% macro as_of_end() -%} {{ end_of_day(as_of()) }} {%- endmacro %}
