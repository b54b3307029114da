{# The time zone that days and times are in: `timezone` of .dlt/config.toml, which `guanxi` passes in GUANXI_TIMEZONE. Known
   when SQL is run, not when the project is parsed: the parse then serves every home. #}
{% macro business_timezone() -%}
    {%- if var('business_timezone', '') -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml, vars: business_timezone has no meaning any more. Remove it and write timezone = \""
            ~ var('business_timezone') ~ "\" under [guanxi] in .dlt/config.toml"
        ) }}
    {%- endif -%}
    {{- return((env_var('GUANXI_TIMEZONE', '') if execute else '') or 'Asia/Shanghai') -}}
{%- endmacro %}
