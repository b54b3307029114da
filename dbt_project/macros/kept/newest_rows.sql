{# Staging tables with the newest row of each key, kept from run to run: a run ranks only the keys that new loads touch.

   Beside each such table stands `<table>__followed`: the loads and files that its rows come from, the digest of its
   lineage, and the keys whose rows its tests have not passed yet. The table is rebuilt whole when one of these loads or
   files is gone or has changed, as when a load is set aside or a key is rotated; when the SQL of the model, a macro or a
   var has changed; with --full-refresh; and on engines that cannot delete rows. Both ways end in the same rows. #}

{# The one line that makes a staging model such a table. key: the column (or expression) of the model that holds the first
   column of the raw key; rows that agree in it are replaced together. #}
{% macro newest_rows(key) %}
    {{- config(materialized='newest_rows', key=quoted_column(key)) -}}
{% endmacro %}

{# a condition behind `raw(…)`: only rows of keys that new loads touch, where the model builds on its last rows #}
{% macro of_touched_keys(channel, table, key) -%}
    {%- if builds_on_followed_loads(channel, table, key) %}
    and ({{ key }} is null or {{ key }} in ({{ remembered('touched keys: ' ~ model.unique_id) }}))
    {%- endif -%}
{%- endmacro %}

{# whether this build replaces the rows of touched keys only. Decided once for a model in a run, before it reads: what
   arrives meanwhile is new to the next run. #}
{% macro builds_on_followed_loads(channel, table, key) %}
    {#- a unit test has another materialization, and no tables of its own -#}
    {%- if not execute or not flags.INTROSPECT or not can_delete_rows() or this is none
        or config.get('materialized') != 'newest_rows' -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- do remember('lake table: ' ~ model.unique_id, [channel, table]) -%}
    {%- set question = 'follows loads: ' ~ model.unique_id -%}
    {%- if remembered(question) is none and (flags.FULL_REFRESH or not has_followed_rows()) -%}
        {%- do remember(question, false) -%}
    {%- elif remembered(question) is none -%}
        {%- set places = followed_places(channel, table) -%}
        {%- set new_loads = ["''"] -%}
        {%- set lost = [] -%}
        {%- for place in places -%}
            {%- if place[3] -%}{%- do lost.append(place[1]) -%}
            {%- elif place[2] and place[0] == 'load' -%}{%- do new_loads.append("'" ~ place[1] ~ "'") -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do remember('followed places: ' ~ model.unique_id, places) -%}
        {%- do remember('touched keys: ' ~ model.unique_id,
            'select ' ~ key ~ ' from ' ~ lake_relation('raw_' ~ channel, table)
            ~ ' where _dlt_load_id in (' ~ new_loads | join(', ') ~ ')') -%}
        {%- do remember(question, not lost) -%}
    {%- endif -%}
    {{- return(remembered(question)) -}}
{% endmacro %}

{% macro has_followed_rows() %}
    {%- set rows = load_relation(this) -%}
    {{- return(rows is not none and rows.is_table and load_relation(followed_relation(this)) is not none) -}}
{% endmacro %}

{# the relation beside such a table #}
{% macro followed_relation(relation) %}
    {{- return(api.Relation.create(
        database=relation.database, schema=relation.schema, identifier=relation.identifier ~ '__followed', type='table')) -}}
{% endmacro %}

{# What decides the rows of the table, now and when it was last built: kind, value, whether it is new, whether it is
   gone. #}
{% macro followed_places(channel, table) %}
    {%- set now -%}
        select 'load' as kind, load_id as value from {{ loads_relation('raw_' ~ channel) }} where status = 0
        union all
        select 'file' as kind, place as value from ({{ lake_files('raw_' ~ channel, table) }}) as files
        union all
        select 'definition' as kind, '{{ digest_of_lineage() }}' as value
    {%- endset -%}
    {%- if not has_followed_rows() -%}
        {{- return(run_query('select distinct kind, value, true, false from (' ~ now ~ ') as places').rows) -}}
    {%- endif -%}
    {{- return(run_query(
        "select coalesce(places.kind, known.kind), coalesce(places.value, known.value), known.value is null,"
        ~ " places.value is null from (select distinct * from (" ~ now ~ ") as found) as places full outer join (select * from "
        ~ followed_relation(this) ~ " where kind not like 'untested%') as known"
        ~ " on places.kind = known.kind and places.value = known.value").rows) -}}
{% endmacro %}

{# what the rows of this build come from: asked before they are read #}
{% macro places_of_this_build() %}
    {%- set lake_table = remembered('lake table: ' ~ model.unique_id) -%}
    {%- if not can_delete_rows() or lake_table is none -%}{{- return(none) -}}{%- endif -%}
    {{- return(remembered('followed places: ' ~ model.unique_id) or followed_places(lake_table[0], lake_table[1])) -}}
{% endmacro %}

{# Write beside the table what its rows come from, and what its tests have to look at. #}
{% macro note_followed(places, is_partial) %}
    {%- set relation = followed_relation(this) -%}
    {%- set values = [] -%}
    {%- for place in places if not place[3] -%}
        {%- do values.append("('" ~ place[0] ~ "', '" ~ (place[1] | string | replace("'", "''")) ~ "')") -%}
    {%- endfor -%}
    {% if is_partial %}
        {% call statement('forget_followed') %}delete from {{ relation }} where kind not like 'untested%'{% endcall %}
        {% call statement('note_untested') %}
            insert into {{ relation }}
            select distinct 'untested', cast(touched as string)
            from ({{ remembered('touched keys: ' ~ model.unique_id) }}) as keys (touched)
        {% endcall %}
    {% else %}
        {% do rebuild_table(relation, "select 'untested_all' as kind, '' as value") %}
    {% endif %}
    {% call statement('note_followed') %}insert into {{ relation }} values {{ values | join(', ') }}{% endcall %}
{% endmacro %}

{# the staging models that are such tables #}
{% macro newest_rows_nodes() %}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'newest_rows' -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{# The rows of such a table that a test has to look at, as a condition; none: everything. A rule that compares rows looks
   at all rows that agree in its columns with a replaced one. #}
{% macro untested_newest_rows(relation, columns=none) %}
    {%- for node in newest_rows_nodes() if node.name == relation.identifier and node.schema == relation.schema -%}
        {%- set followed = followed_relation(relation) -%}
        {%- if load_relation(followed) is none
            or run_query("select count(*) from " ~ followed ~ " where kind = 'untested_all'").columns[0].values()[0] -%}
            {{- return(none) -}}
        {%- endif -%}
        {%- set replaced = node.config.key ~ ' is null or ' ~ node.config.key ~ ' in (select value from ' ~ followed
            ~ " where kind = 'untested')" -%}
        {%- if columns is none -%}{{- return(replaced) -}}{%- endif -%}
        {%- set names = quoted_columns(columns) | join(', ') -%}
        {{- return(
            '(' ~ names ~ ') in (select (' ~ names ~ ') from ' ~ relation
            ~ ' where ' ~ replaced ~ ')') -}}
    {%- endfor -%}
    {{- return(none) -}}
{% endmacro %}
