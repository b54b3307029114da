{# Connected components of a graph, closed completely, on any engine that can create and drop tables.

   The model selects edges `a, b` between whole-number nodes. The table that results has a row per node that has an
   edge: `node_id`, and `cluster_id`, the smallest node of its component.

   Contraction: in every round each node is represented by the smallest number among itself and its neighbours, and the
   edges are rewritten to representatives; repeats and loops go. It ends when no edge is left: after about
   log(longest path) rounds when node numbers are in random order, so number nodes by a hash. The rounds' maps, applied
   one after the other, give the component. A graph that is not closed after `components_max_rounds` rounds fails the
   run: nothing half-closed is ever left behind.

   With the config of `affected_rows` a run replaces the components of affected nodes; the model then selects the edges
   among those. #}

{% macro count_rows(name) %}
    {% call statement('count', fetch_result=true) %}select count(*) as n from {{ name }}{% endcall %}
    {{- return(load_result('count')['data'][0][0] | int) -}}
{% endmacro %}

{# One round: from the table `edges` the map `map` (node → representative) and the edges that remain, `remaining`.
   Each end is moved in a statement of its own: tables made in an open transaction have no statistics, and joining
   three of them at once has been planned as a product of two maps. #}
{% macro contract_once(edges, map, remaining) %}
    {%- set half = remaining ~ '__half' -%}
    {% do rebuild_table(map, '
        select
            node,
            least(node, min(neighbour)) as representative
        from (
            select a as node, b as neighbour from ' ~ edges ~ '
            union all
            select b as node, a as neighbour from ' ~ edges ~ '
        ) as ends
        group by node
    ') %}
    {% do rebuild_table(half, '
        select mapped.representative as a, edges.b
        from ' ~ edges ~ ' as edges
        inner join ' ~ map ~ ' as mapped on edges.a = mapped.node
    ') %}
    {% do rebuild_table(remaining, '
        select distinct
            least(half.a, mapped.representative) as a,
            greatest(half.a, mapped.representative) as b
        from ' ~ half ~ ' as half
        inner join ' ~ map ~ ' as mapped on half.b = mapped.node
        where half.a <> mapped.representative
    ') %}
    {% call statement('tidy') %}drop table if exists {{ half }}{% endcall %}
{% endmacro %}

{# the maps of all rounds chained: the first names every node, each later one moves its representatives on #}
{% macro chained_maps(maps, edges) %}
    {%- if not maps -%}
        {{- return('select a as node_id, a as cluster_id from ' ~ edges) -}}
    {%- endif -%}
    {%- set chain = namespace(cluster='round_0.representative', joins='') -%}
    {%- for map in maps[1:] -%}
        {%- set alias = 'round_' ~ loop.index -%}
        {%- set chain.joins = chain.joins
            ~ ' left join ' ~ map ~ ' as ' ~ alias ~ ' on ' ~ alias ~ '.node = ' ~ chain.cluster -%}
        {%- set chain.cluster = 'coalesce(' ~ alias ~ '.representative, ' ~ chain.cluster ~ ')' -%}
    {%- endfor -%}
    {{- return(
        'select round_0.node as node_id, ' ~ chain.cluster ~ ' as cluster_id'
        ~ ' from ' ~ maps[0] ~ ' as round_0' ~ chain.joins
    ) -}}
{% endmacro %}

{# Close the graph of the table `<prefix>__edges_0` (a < b, distinct). Returns the select that names the component of
   every node with an edge; `tidy_closure(prefix, rounds)` drops what it reads. #}
{% macro close_graph(prefix) %}
    {%- set state = namespace(rounds=0, edges_left=count_rows(prefix ~ '__edges_0')) -%}
    {%- set maps = [] -%}
    {% for _ in range(var('components_max_rounds')) %}
        {% if state.edges_left > 0 %}
            {% set edges = prefix ~ '__edges_' ~ state.rounds %}
            {% set map = prefix ~ '__map_' ~ state.rounds %}
            {% do contract_once(edges, map, prefix ~ '__edges_' ~ (state.rounds + 1)) %}
            {% do maps.append(map) %}
            {% set state.rounds = state.rounds + 1 %}
            {% set state.edges_left = count_rows(prefix ~ '__edges_' ~ state.rounds) %}
        {% endif %}
    {% endfor %}
    {% if state.edges_left > 0 %}
        {{ exceptions.raise_compiler_error(
            prefix ~ ': components are not closed after ' ~ state.rounds ~ ' rounds, ' ~ state.edges_left
            ~ ' edges are left. Raise the var components_max_rounds, or number the nodes by a hash.') }}
    {% endif %}
    {% do log(prefix ~ ': components closed after ' ~ state.rounds ~ ' rounds') %}
    {{- return({'sql': chained_maps(maps, prefix ~ '__edges_0'), 'rounds': state.rounds}) -}}
{% endmacro %}

{% macro tidy_closure(prefix, rounds) %}
    {% for round in range(rounds + 1) %}
        {% call statement('tidy') %}drop table if exists {{ prefix }}__edges_{{ round }}{% endcall %}
        {% call statement('tidy') %}drop table if exists {{ prefix }}__map_{{ round }}{% endcall %}
    {% endfor %}
{% endmacro %}

{% materialization connected_components, default, supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set old_relation = load_cached_relation(this) -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% do rebuild_table(name ~ '__edges_0', '
        select distinct least(a, b) as a, greatest(a, b) as b from (' ~ compiled_code ~ ') as given where a <> b
    ') %}
    {% set closure = close_graph(name) %}
    {% do store_rows(target_relation, old_relation, closure.sql) %}
    {% do tidy_closure(name, closure.rounds) %}
    {{ return(finish_materialization(target_relation)) }}
{% endmaterialization %}
