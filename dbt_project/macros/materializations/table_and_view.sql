{# dbt's own kinds `table` and `view` on DuckDB, in place: its transactions change the catalogue too, so that nothing has
   to be built under another name and renamed: one statement instead of up to eight for each. #}

{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {{ return(build_in_place('table')) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb', supported_languages=['sql'] %}
    {{ return(build_in_place('view')) }}
{% endmaterialization %}

{% macro build_in_place(type) %}
    {%- set target_relation = this.incorporate(type=type) -%}
    {%- set old_relation = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if type == 'table' -%}
        {% do put_in_place(old_relation, target_relation, create_table_as(False, target_relation, compiled_code)) %}
    {%- else -%}
        {% do put_in_place(old_relation, target_relation, get_create_view_as_sql(target_relation, compiled_code)) %}
    {%- endif -%}
    {{ return(finish_materialization(target_relation)) }}
{% endmacro %}
