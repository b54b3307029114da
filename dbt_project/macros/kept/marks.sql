{# What `int_kept_tables` says of a table, and what it is compared with. #}

{% macro as_of_text() %}{{ return(as_of()[6:16]) }}{% endmacro %}

{# whether there are marks: not in the first run, not in a project of other models #}
{% macro has_marks() %}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == 'int_kept_tables' -%}
        {{- return(load_relation(table_of(node.name)) is not none) -}}
    {%- endfor -%}
    {{- return(false) -}}
{% endmacro %}

{# What is asked for several times while a model is built, and stays the same: kept for the rest of the run. One process
   may run dbt several times. #}
{% macro remembered(key) %}{{ return(graph.get('kept_tables', {}).get(invocation_id ~ key)) }}{% endmacro %}
{% macro remember(key, value) %}
    {%- do graph.setdefault('kept_tables', {}).update({invocation_id ~ key: value}) -%}
    {{- return(value) -}}
{% endmacro %}

{# The mark of a table about a log (about itself: log = its own name), {} without one. Asked once for a node of a run,
   which writes its own marks last. #}
{% macro mark_of(name, log) %}
    {%- if not has_marks() -%}{{- return({}) -}}{%- endif -%}
    {%- set question = 'mark of ' ~ name ~ ' about ' ~ log ~ ' for ' ~ model.unique_id -%}
    {%- if remembered(question) is none -%}{%- do remember(question, read_mark(name, log)) -%}{%- endif -%}
    {{- return(remembered(question)) -}}
{% endmacro %}

{% macro read_mark(name, log) %}
    {%- set found = run_query(
        "select digest, log_no, since_no, checked_no, cast(as_of as string) from " ~ table_of('int_kept_tables')
        ~ " where table_name = '" ~ name ~ "' and log_name = '" ~ log ~ "'").rows -%}
    {%- if found | length == 0 -%}{{- return({}) -}}{%- endif -%}
    {%- set row = found[0] -%}
    {{- return({
        'digest': row[0], 'log_no': row[1] | int, 'since_no': row[2] | int, 'checked_no': row[3] | int, 'as_of': row[4]
    }) -}}
{% endmacro %}

{# the number up to which a table has followed a log #}
{% macro followed(name, log) %}
    {{- return(mark_of(name, log).get('log_no', 0)) -}}
{% endmacro %}

{# the number up to which every table that reads a log has followed it, and has been tested since it was last rebuilt #}
{% macro followed_by_all(log) %}
    {%- set names = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and log in logs_above(node) -%}
        {%- do names.append("'" ~ node.name ~ "'") -%}
    {%- endfor -%}
    {%- set least = run_query(
        'select min(least(log_no, case when checked_no < 0 then log_no else checked_no end)) from '
        ~ table_of('int_kept_tables') ~ " where log_name = '" ~ log ~ "' and table_name in (" ~ names | join(', ') ~ ')'
    ).columns[0].values()[0] -%}
    {{- return(least | int if least is not none else 0) -}}
{% endmacro %}

{# Write the marks of the table being built: about itself, and about each log that it has now followed to its end.
   Numbers of a log start at `since_no`; a kept table has been tested up to `checked_no`, -1: not since it was rebuilt. #}
{% macro set_marks(is_partial, log_no=0, since_no=0) %}
    {#- an analyst's build beside production may leave the marks out: all it builds is whole -#}
    {%- if not can_delete_rows() or not has_marks() -%}{{- return(none) -}}{%- endif -%}
    {%- set name = this.identifier -%}
    {%- set marks = table_of('int_kept_tables') -%}
    {%- set rows = [[name, digest_of_lineage(), log_no, since_no, -1]] -%}
    {%- for log in logs_above(model) -%}
        {%- set logged = mark_of(log, log) -%}
        {%- set tested = mark_of(name, log).get('checked_no', -1) if is_partial else -1 -%}
        {%- do rows.append([log, '', logged.get('log_no', 0), logged.get('since_no', 0), tested]) -%}
    {%- endfor -%}
    {#- the plan may be left out like the marks, and then nothing of identity was followed -#}
    {%- if config.get('follows_identity') and load_relation(table_of('int_identity__build_plan')) is not none -%}
        {%- set plan = run_query('select planned_at from ' ~ table_of('int_identity__build_plan')) -%}
        {%- do rows.append(['int_identity__build_plan', plan.columns[0].values()[0] | string, 0, 0, -1]) -%}
    {%- endif -%}
    {% call statement('forget_marks') %}delete from {{ marks }} where table_name = '{{ name }}'{% endcall %}
    {% call statement('set_marks') %}
        insert into {{ marks }} (table_name, log_name, digest, log_no, since_no, checked_no, as_of) values
        {%- for row in rows %}
        ('{{ name }}', '{{ row[0] }}', '{{ row[1] }}', {{ row[2] }}, {{ row[3] }}, {{ row[4] }}, {{ as_of() }})
        {{- ',' if not loop.last }}
        {%- endfor %}
    {% endcall %}
{% endmacro %}

{# everything that decides the rows of a model besides the data: SQL of the models above it, macros, seeds, vars #}
{% macro digest_of_lineage() %}
    {%- if remembered('digest of ' ~ model.unique_id) -%}
        {{- return(remembered('digest of ' ~ model.unique_id)) -}}
    {%- endif -%}
    {%- set parts = [remembered('project') or remember('project', project_digest()), invocation_args_dict.get('vars', '') | string, listed_models() | join(',')] -%}
    {%- set seen = {} -%}
    {%- set open = [model.unique_id] -%}
    {%- for _ in graph.nodes -%}
        {%- if open -%}
            {%- set id = open.pop() -%}
            {%- set node = graph.nodes[id] -%}
            {%- do seen.update({id: true}) -%}
            {#- a seed is what its table holds: its file may have been edited and not loaded yet -#}
            {%- if node.resource_type == 'seed' -%}
                {%- do parts.append(node.name ~ '=' ~ (remembered(id) or remember(id, rows_digest(table_of(node.name))))) -%}
            {%- else -%}
                {%- do parts.append(node.name ~ '=' ~ node.checksum.checksum) -%}
            {%- endif -%}
            {%- for above in node.depends_on.nodes if above in graph.nodes and above not in seen and above not in open -%}
                {%- do open.append(above) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in config.get('rules', []) -%}
        {%- do parts.append(name ~ '=' ~ rows_digest(table_of(name))) -%}
    {%- endfor -%}
    {%- for column in model.columns.values() -%}{%- do parts.append(column.name ~ ' ' ~ column.data_type) -%}{%- endfor -%}
    {{- return(remember('digest of ' ~ model.unique_id, local_md5(parts | sort | join('\n')))) -}}
{% endmacro %}
