{# Tests of a kept table look at the rows that were replaced since its tests last passed, and at everything after it was
   rebuilt whole. What failed stays to be tested: only a passed test moves `checked_no`. #}

{# the rows of a relation that a test has to look at; `column`: by which column, where the rule compares rows with each
   other, for rows of one key are always replaced together #}
{% macro rows_to_test(relation, columns=none) -%}
    {%- set range = untested_entries(relation, columns) -%}
    {%- set condition = untested_newest_rows(relation, columns) if tests_look_at_replaced_rows(relation) else none -%}
    {%- if condition -%}
    (select * from {{ relation }} where {{ condition }}) as rows_to_test
    {%- elif range -%}
    (select * from {{ relation }} where {{ range.key }} is null or {{ range.key }} in ({{ range.changed }})) as rows_to_test
    {%- else -%} {{ relation }} {%- endif -%}
{%- endmacro %}

{# whether a test may leave out what was not replaced: never with --full-refresh #}
{% macro tests_look_at_replaced_rows(relation) %}
    {{- return(
        execute and flags.INTROSPECT and not flags.FULL_REFRESH and can_delete_rows() and relation.identifier is defined
    ) -}}
{% endmacro %}

{# the key of a kept table and a select of its keys that are to be tested; none: everything is to be tested #}
{% macro untested_entries(relation, columns=none) %}
    {%- if not tests_look_at_replaced_rows(relation) -%}{{- return(none) -}}{%- endif -%}
    {%- for node in kept_nodes() if node.name == relation.identifier and node.schema == relation.schema -%}
        {%- if (columns is none or node.config.key in columns) and has_marks() -%}
            {%- set checked_no = mark_of(node.name, node.config.affected).get('checked_no', -1) -%}
            {%- if checked_no >= 0 -%}
                {{- return({
                    'key': node.config.key,
                    'changed': 'select ' ~ node.config.affected_key ~ ' from ' ~ table_of(node.config.affected)
                        ~ ' where log_no > ' ~ checked_no
                }) -}}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(none) -}}
{% endmacro %}

{# the models that `kept_by` makes kept tables #}
{% macro kept_nodes() %}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- if node.config.materialized == 'affected_rows' and node.config.affected_key and 'identity' not in node.fqn -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{# At the end of a run: note how far the tables are tested of which every such test ran and passed. #}
{% macro note_tested_tables(results) %}
    {%- if not execute or not flags.INTROSPECT or not can_delete_rows() -%}{{- return('') -}}{%- endif -%}
    {%- set passed = {} -%}
    {%- for result in results if result.status | string in ['pass', 'warn'] -%}
        {%- do passed.update({result.node.unique_id: true}) -%}
    {%- endfor -%}
    {%- if not passed -%}{{- return('') -}}{%- endif -%}
    {%- set failed = {} -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.unique_id not in passed -%}
        {%- do failed.update({test.attached_node: true}) -%}
    {%- endfor -%}
    {%- set notes = [] -%}
    {%- set tested = [] -%}
    {%- for node in kept_nodes() if node.unique_id not in failed -%}{%- do tested.append("'" ~ node.name ~ "'") -%}{%- endfor -%}
    {%- if tested and has_marks() -%}
        {%- do notes.append('update ' ~ table_of('int_kept_tables')
            ~ ' set checked_no = log_no where log_name <> table_name and table_name in (' ~ tested | join(', ') ~ ')') -%}
    {%- endif -%}
    {#- asked, not looked up: this run may have made them; not those of production beside a branch -#}
    {%- set there = first_column("select table_schema || '.' || table_name from information_schema.tables"
        ~ " where table_catalog = current_database()") -%}
    {%- for node in newest_rows_nodes() if node.unique_id not in failed -%}
        {%- set followed = followed_relation(table_of(node.name)) -%}
        {%- if followed.schema ~ '.' ~ followed.identifier in there -%}
            {%- do notes.append('delete from ' ~ followed ~ " where kind like 'untested%'") -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(notes | join(';\n')) -}}
{% endmacro %}
