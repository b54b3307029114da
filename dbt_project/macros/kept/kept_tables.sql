{# Tables that are kept from run to run. A run replaces the rows whose keys were logged as changed since the table was last
   brought up to date, and rebuilds a table whole when in doubt.

   A change log (materialization `change_log`) says which keys changed, each entry under the number of its run. A kept
   table (`kept_by`) remembers up to which number it has followed its logs, so that a run that died, or that left the table
   out, costs nothing but more entries to read later. `int_kept_tables` holds these numbers; they are written in the same
   transaction as the rows.

   Everything is rebuilt, and a log starts over, when there is nothing to build on; when the SQL of any model above, a
   macro, a seed or a var has changed; when a log above has started over; when as_of lies before the day of the last build;
   with --full-refresh; and on engines that cannot delete rows. Both ways end in the same rows. #}

{# The one line that makes a model a kept table.

   key: the column whose rows are replaced together. affected: the change log that names the keys, in a column of that name
   (or `affected_key`). as_of_columns: columns that hold the as-of day, which are set in all rows without rewriting them. #}
{% macro kept_by(key, affected='affected_customers', affected_key=none, as_of_columns=[]) %}
    {{- config(
        materialized='affected_rows', key=key, affected=affected, affected_key=affected_key or key,
        as_of_columns=as_of_columns
    ) -}}
    {%- if not execute -%}{%- do ref('int_kept_tables') -%}{%- do ref(affected) -%}{%- endif -%}
{% endmacro %}

{# The one line that makes a model a change log. state: the kept tables that the log compares with, as the run before
   left them. rules: small tables whose rows decide everything below. follows_identity: the log also names what the
   identity models of each run touched. #}
{% macro change_log(state, rules=[], follows_identity=false) %}
    {{- config(materialized='change_log', state=state, rules=rules, follows_identity=follows_identity) -}}
    {%- if not execute -%}
        {%- do ref('int_kept_tables') -%}
        {%- for name in rules -%}{%- do ref(name) -%}{%- endfor -%}
        {%- if follows_identity -%}{%- do ref('int_identity__build_plan') -%}{%- endif -%}
    {%- endif -%}
{% endmacro %}

{# The last hook of a log that grows by what affected keys brought, of another kind than these tables: it has followed its
   change logs too. Its config names `affected` and `affected_key` as `kept_by` does. #}
{% macro note_followed_logs() %}
    {%- if execute -%}{%- do set_marks(only_affected()) -%}{%- endif -%}
{% endmacro %}

{# the table of another model as it is now: no edge of the lineage #}
{% macro table_of(name) %}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed'] and node.name == name -%}
        {{- return(api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.alias or node.name, type='table')) -}}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error("there is no model '" ~ name ~ "'") }}
{% endmacro %}

{# the entries of a change log that the table being built has not followed yet #}
{% macro entries_since(log) -%}
    (select * from {{ table_of(log) }} where log_no > {{ followed(this.identifier, log) }})
{%- endmacro %}

{# the keys whose rows this build replaces #}
{% macro keys_to_replace() -%}
    {%- set key = config.get('affected_key') or config.require('key') -%}
    {%- if 'identity' in model.fqn -%} select {{ key }} from {{ state_of(config.require('affected')) }}
    {%- else -%} select {{ key }} from {{ entries_since(config.require('affected')) }} as entries
    {%- endif -%}
{%- endmacro %}

{# names of the change logs that a node reads #}
{% macro logs_above(node) %}
    {%- set found = [] -%}
    {%- for id in node.depends_on.nodes if id in graph.nodes -%}
        {%- if graph.nodes[id].config.materialized == 'change_log' -%}{%- do found.append(graph.nodes[id].name) -%}{%- endif -%}
    {%- endfor -%}
    {{- return(found | unique | list) -}}
{% endmacro %}

{# whether this build replaces affected rows only, or adds to its log; false: everything is rebuilt. Decided once for a
   model in a run: its marks change when it is done. #}
{% macro builds_on_last_run() %}
    {%- if not execute or this is none -%}{{- return(false) -}}{%- endif -%}
    {%- set question = 'builds on: ' ~ model.unique_id -%}
    {%- if remembered(question) is none -%}{%- do remember(question, can_replace_rows()) -%}{%- endif -%}
    {{- return(remembered(question)) -}}
{% endmacro %}

{% macro can_replace_rows() %}
    {%- if not execute or not flags.INTROSPECT or flags.FULL_REFRESH or not can_delete_rows() or this is none
        or load_relation(this) is none or not load_relation(this).is_table
        or not has_marks() -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set mine = mark_of(this.identifier, this.identifier) -%}
    {%- if not mine or mine.digest != digest_of_lineage() or mine.as_of > as_of_text() -%}{{- return(false) -}}{%- endif -%}
    {%- for log in logs_above(model) -%}
        {%- set followed = mark_of(this.identifier, log) -%}
        {%- set logged = mark_of(log, log) -%}
        {%- if not followed or not logged or followed.log_no < logged.since_no -%}{{- return(false) -}}{%- endif -%}
    {%- endfor -%}
    {%- for name in config.get('state', []) if load_relation(table_of(name)) is none -%}{{- return(false) -}}{%- endfor -%}
    {%- if config.get('follows_identity') and not follows_on_in_identity() -%}{{- return(false) -}}{%- endif -%}
    {{- return(true) -}}
{% endmacro %}

{# whether the identity models of this run build on the run that this log followed last #}
{% macro follows_on_in_identity() %}
    {%- if load_relation(table_of('int_identity__build_plan')) is none -%}{{- return(false) -}}{%- endif -%}
    {%- set plan = run_query('select is_partial, planned_at, built_on from ' ~ table_of('int_identity__build_plan')) -%}
    {%- set followed = mark_of(this.identifier, 'int_identity__build_plan') -%}
    {{- return(followed and (
        followed.digest == plan.columns[1].values()[0] | string
        or (plan.columns[0].values()[0] and followed.digest == plan.columns[2].values()[0] | string)
    )) -}}
{% endmacro %}
