{# Tables that are kept from run to run. #}

{# whether rows of a plain table can be deleted; where not, a table is made anew as a whole #}
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
