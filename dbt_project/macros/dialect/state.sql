{# Tables that are kept from run to run. #}

{# whether rows of a plain table can be deleted; where not, a table is rebuilt as a whole #}
{% macro can_delete_rows() %}
    {{- return(adapter.dispatch('can_delete_rows', 'guanxi')()) -}}
{% endmacro %}
{% macro default__can_delete_rows() %}{{ return(true) }}{% endmacro %}
{% macro spark__can_delete_rows() %}{{ return(false) }}{% endmacro %}

{# a 64-bit number over several columns, fast, and only equal on one engine: for "has this row changed?", never for keys #}
{% macro row_fingerprint(columns) %}
    {{- return(adapter.dispatch('row_fingerprint', 'guanxi')(columns)) -}}
{% endmacro %}
{% macro default__row_fingerprint(columns) -%} hash({{ columns | join(', ') }}) {%- endmacro %}
{% macro spark__row_fingerprint(columns) -%} xxhash64({{ columns | join(', ') }}) {%- endmacro %}

{# `create table … as` in place of a table of that name that may be there: one statement where the engine has one #}
{% macro rebuild_table(name, sql) %}
    {{- return(adapter.dispatch('rebuild_table', 'guanxi')(name, sql)) -}}
{% endmacro %}
{% macro default__rebuild_table(name, sql) %}
    {% call statement('create') %}create or replace table {{ name }} as {{ sql }}{% endcall %}
{% endmacro %}
{% macro spark__rebuild_table(name, sql) %}
    {% call statement('drop') %}drop table if exists {{ name }}{% endcall %}
    {% call statement('create') %}{{ create_plain_table(name, sql) }}{% endcall %}
{% endmacro %}

{# all rows of a small table as one number, whatever their order #}
{% macro rows_digest(relation) %}
    {{- return(adapter.dispatch('rows_digest', 'guanxi')(relation)) -}}
{% endmacro %}
{% macro default__rows_digest(relation) %}
    {#- not in this warehouse: a branch reads it from production, and builds its own models whole -#}
    {%- if load_relation(relation) is none -%}{{- return('') -}}{%- endif -%}
    {{- return(run_query('select cast(count(*) as string) || \'/\' || coalesce(cast(sum(cast(hash(rows_read) as decimal(38, 0)))'
        ~ ' as string), \'\') from ' ~ relation ~ ' as rows_read').columns[0].values()[0]) -}}
{% endmacro %}
{% macro spark__rows_digest(relation) %}{{ return('') }}{% endmacro %}

{# the text of the project's macros and of dbt_project.yml as one digest: no node of the graph tells when they change #}
{% macro project_digest() %}
    {{- return(adapter.dispatch('project_digest', 'guanxi')()) -}}
{% endmacro %}
{% macro default__project_digest() %}
    {%- set root = invocation_args_dict.get('project_dir') or '.' -%}
    {#- unreadable: no two runs are alike -#}
    {{- return(run_query("
        select md5(string_agg(content, '' order by filename))
        from read_text(['" ~ root ~ "/macros/**/*.sql', '" ~ root ~ "/dbt_project.yml'])
    ").columns[0].values()[0] or invocation_id) -}}
{% endmacro %}
{% macro spark__project_digest() %}{{ return('') }}{% endmacro %}
