{# As dbt's own, and false where dbt must not ask the warehouse anything (`--no-introspect`): so that both targets
   compile without a connection. #}
{% macro is_incremental() %}
    {%- if not flags.INTROSPECT -%}
        {{- return(false) -}}
    {%- endif -%}
    {{- return(dbt.is_incremental()) -}}
{% endmacro %}
