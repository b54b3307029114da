{# Components that no guard objects to: a component that holds a conflict, or more than one customer may have, is opened
   and closed again from its strongest links to its weakest; a merge that would violate a guard is refused.

   The model selects `node_id, cluster_id`, complete closure without guards. Config, names of models beside it:
   `suspects`  cluster_id: the components to open;
   `members`   group_key, node_id, strength: who is linked with whom (everybody in a name_group with everybody else);
   `traits`    node_id, kind, trait, cap: no cluster may have more than `cap` different traits of a kind; birthdays and
               names (without cap) may each differ, but not both.
   The table has node_id, cluster_id (the smallest node of the cluster) and component_id (that before the guards).

   Too large: in a component of more than `customer_max_profiles` nodes the weakest links are all refused, until none is.
   Then rounds: each pair of clusters that share identifier_groups is judged by its strongest link, then by the sum of all its
   links, then by its numbers. Two clusters that are each other's best merge, and with them those whose best is one of
   the two, in the order of their pairs, up to the first that would violate a guard. Every round merges at least one
   pair per open component or ends it, so rounds are bounded by customer_max_profiles. #}

{# groups (`by`) whose traits violate a guard, from rows with kind, trait, cap #}
{% macro violating(rows, by) -%}
    select distinct {{ by }}
    from (
        select {{ by }}, kind, count(distinct trait) as traits, max(cap) as cap
        from ({{ rows }}) as trait_rows
        group by {{ by }}, kind
    ) as counted
    where traits > cap
    union
    select {{ by }}
    from (
        select {{ by }}, kind
        from ({{ rows }}) as trait_rows
        where kind in ('birthday', 'name')
        group by {{ by }}, kind
        having count(distinct trait) > 1
    ) as differing
    group by {{ by }}
    having count(*) = 2
{%- endmacro %}

{# from `nodes` (node_id, part) the table `<p>__parts_<n>` in which no part is too large; returns its name #}
{% macro part_too_large(p, members, nodes) %}
    {%- set state = namespace(nodes=nodes, edges=p ~ '__links', is_open=true) -%}
    {%- set made = [] -%}
    {% set heavy %}
        select part from {NODES} group by part having count(*) > {{ var('customer_max_profiles') }}
    {% endset %}
    {% do rebuild_table(p ~ '__heavy', heavy | replace('{NODES}', nodes)) %}
    {% if count_rows(p ~ '__heavy') > 0 %}
        {% do rebuild_table(state.edges, '
            select members.node_id as a, min(members.node_id) over (partition by members.group_key) as b, members.strength
            from ' ~ members ~ ' as members
            inner join ' ~ nodes ~ ' as nodes on members.node_id = nodes.node_id
            inner join ' ~ p ~ '__heavy as heavy on nodes.part = heavy.part
        ') %}
    {% else %}
        {% set state.is_open = false %}
    {% endif %}
    {% for level in range(1000) %}
    {% if state.is_open %}
        {% set edges = p ~ '__links_' ~ level %}
        {% set next_nodes = p ~ '__parts_' ~ level %}
        {% do rebuild_table(edges, '
            select edges.a, edges.b, edges.strength
            from (
                select edges.*, min(edges.strength) over (partition by nodes.part) as weakest
                from ' ~ state.edges ~ ' as edges
                inner join ' ~ state.nodes ~ ' as nodes on edges.a = nodes.node_id
                inner join ' ~ p ~ '__heavy as heavy on nodes.part = heavy.part
            ) as edges
            where strength > weakest
        ') %}
        {% do rebuild_table(p ~ '__edges_0', '
            select distinct least(a, b) as a, greatest(a, b) as b from ' ~ edges ~ ' where a <> b
        ') %}
        {% set closure = close_graph(p) %}
        {% do rebuild_table(next_nodes, '
            select
                nodes.node_id,
                case when heavy.part is null then nodes.part else coalesce(closed.cluster_id, nodes.node_id) end as part
            from ' ~ state.nodes ~ ' as nodes
            left join ' ~ p ~ '__heavy as heavy on nodes.part = heavy.part
            left join (' ~ closure.sql ~ ') as closed on nodes.node_id = closed.node_id
        ') %}
        {% do tidy_closure(p, closure.rounds) %}
        {% do made.append(edges) %}
        {% do made.append(next_nodes) %}
        {% set state.edges = edges %}
        {% set state.nodes = next_nodes %}
        {% do rebuild_table(p ~ '__heavy', heavy | replace('{NODES}', next_nodes)) %}
        {% set state.is_open = count_rows(p ~ '__heavy') > 0 %}
    {% endif %}
    {% endfor %}
    {{- return({'nodes': state.nodes, 'made': made + [p ~ '__links', p ~ '__heavy']}) -}}
{% endmacro %}

{# pairs of clusters of a part that share identifier_groups and may merge, with what speaks for them #}
{% macro mergeable_pairs(p, clusters) %}
    {% set pairs %}
        select part, low, high, max(strength) as strength, sum(strength) as evidence
        from (
            select distinct
                one.part, one.group_key, one.strength, one.cluster as low, other.cluster as high
            from (
                select distinct clusters.part, clusters.cluster, members.group_key, members.strength
                from {{ p }}__members as members
                inner join {{ clusters }} as clusters on members.node_id = clusters.node_id
            ) as one
            inner join (
                select distinct clusters.part, clusters.cluster, members.group_key
                from {{ p }}__members as members
                inner join {{ clusters }} as clusters on members.node_id = clusters.node_id
            ) as other
                on one.group_key = other.group_key and one.part = other.part and one.cluster < other.cluster
        ) as shared
        group by part, low, high
    {% endset %}
    {% do rebuild_table(p ~ '__pairs', pairs) %}
    {% do rebuild_table(p ~ '__traits_now', '
        select distinct clusters.cluster, traits.kind, traits.trait, traits.cap
        from ' ~ p ~ '__traits as traits
        inner join ' ~ clusters ~ ' as clusters on traits.node_id = clusters.node_id
    ') %}
    {% set both %}
        select pairs.low, pairs.high, traits.kind, traits.trait, traits.cap
        from {{ p }}__pairs as pairs
        inner join {{ p }}__traits_now as traits on pairs.low = traits.cluster
        union all
        select pairs.low, pairs.high, traits.kind, traits.trait, traits.cap
        from {{ p }}__pairs as pairs
        inner join {{ p }}__traits_now as traits on pairs.high = traits.cluster
    {% endset %}
    {% do rebuild_table(p ~ '__allowed', '
        select pairs.*
        from ' ~ p ~ '__pairs as pairs
        left join (' ~ violating(both, 'low, high') ~ ') as refused
            on pairs.low = refused.low and pairs.high = refused.high
        where refused.low is null
    ') %}
{% endmacro %}

{# `<p>__merged` (cluster, merged_into): who merges in this round #}
{% macro merges_of_round(p) %}
    {% do rebuild_table(p ~ '__merged', '
        with best as (
            select cluster, partner, strength, evidence
            from (
                select low as cluster, high as partner, low, high, strength, evidence from ' ~ p ~ '__allowed
                union all
                select high as cluster, low as partner, low, high, strength, evidence from ' ~ p ~ '__allowed
            ) as directed
            qualify row_number() over (partition by cluster order by strength desc, evidence desc, low, high) = 1
        ),
        mutual as (
            select one.cluster as root, one.cluster as low, one.partner as high
            from best as one
            inner join best as other on one.partner = other.cluster and one.cluster = other.partner
            where one.cluster < one.partner
        ),
        ends as (
            select root, low as cluster, 1 as place from mutual
            union all
            select root, high as cluster, 2 as place from mutual
        ),
        grouped as (
            select root, cluster, place from ends
            union all
            select
                ends.root,
                best.cluster,
                2 + row_number() over (
                    partition by ends.root order by best.strength desc, best.evidence desc, best.cluster
                ) as place
            from best
            inner join ends on best.partner = ends.cluster
            left join ends as taken on best.cluster = taken.cluster
            where taken.cluster is null
        ),
        first_seen as (
            select grouped.root, traits.kind, traits.trait, max(traits.cap) as cap, min(grouped.place) as place
            from grouped
            inner join ' ~ p ~ '__traits_now as traits on grouped.cluster = traits.cluster
            group by grouped.root, traits.kind, traits.trait
        ),
        numbered as (
            select *, row_number() over (partition by root, kind order by place, trait) as number from first_seen
        ),
        cuts as (
            select root, min(place) as place from numbered where number > cap group by root
            union all
            select root, max(place) as place
            from numbered
            where kind in (\'birthday\', \'name\') and number = 2
            group by root
            having count(*) = 2
        ),
        -- the first place at which the group would violate a guard
        cut as (select root, min(place) as place from cuts group by root)
        select grouped.cluster, min(grouped.cluster) over (partition by grouped.root) as merged_into
        from grouped
        left join cut on grouped.root = cut.root
        where cut.place is null or grouped.place < cut.place
    ') %}
{% endmacro %}

{% materialization guarded_components, default, supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set old_relation = load_cached_relation(this) -%}
    {%- set p = this.schema ~ '.' ~ this.identifier -%}
    {%- set members = state_of(config.require('members')) -%}
    {%- set traits = state_of(config.require('traits')) -%}
    {%- set rounds = namespace(clusters=p ~ '__clusters_0', is_open=true, count=0) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% do rebuild_table(p ~ '__parts', '
        select closed.node_id, closed.cluster_id as part
        from (' ~ compiled_code ~ ') as closed
        inner join (select distinct cluster_id from ' ~ state_of(config.require('suspects')) ~ ') as suspects
            on closed.cluster_id = suspects.cluster_id
    ') %}
    {% set parted = part_too_large(p, members, p ~ '__parts') %}
    {% do rebuild_table(p ~ '__traits', '
        select traits.* from ' ~ traits ~ ' as traits
        inner join ' ~ parted.nodes ~ ' as nodes on traits.node_id = nodes.node_id
    ') %}
    {% set trait_rows = 'select nodes.part, traits.* from ' ~ p ~ '__traits as traits inner join ' ~ parted.nodes
        ~ ' as nodes on traits.node_id = nodes.node_id' %}
    {# parts without a violation are one cluster; the others start as one cluster per node #}
    {% do rebuild_table(rounds.clusters, '
        select nodes.node_id, nodes.part, nodes.node_id as cluster
        from ' ~ parted.nodes ~ ' as nodes
        inner join (' ~ violating(trait_rows, 'part') ~ ') as opened on nodes.part = opened.part
    ') %}
    {% do rebuild_table(p ~ '__members', '
        select distinct members.group_key, members.node_id, members.strength
        from ' ~ members ~ ' as members
        inner join ' ~ rounds.clusters ~ ' as clusters on members.node_id = clusters.node_id
    ') %}
    {% set made = [rounds.clusters] %}
    {% set rounds.is_open = count_rows(rounds.clusters) > 0 %}
    {% for round in range(1, var('customer_max_profiles') + 1) %}
    {% if rounds.is_open %}
        {% do mergeable_pairs(p, rounds.clusters) %}
        {% if count_rows(p ~ '__allowed') == 0 %}
            {% set rounds.is_open = false %}
        {% else %}
            {% set next = p ~ '__clusters_' ~ round %}
            {% do merges_of_round(p) %}
            {% do rebuild_table(next, '
                select clusters.node_id, clusters.part, coalesce(merged.merged_into, clusters.cluster) as cluster
                from ' ~ rounds.clusters ~ ' as clusters
                left join ' ~ p ~ '__merged as merged on clusters.cluster = merged.cluster
            ') %}
            {% do made.append(next) %}
            {% set rounds.clusters = next %}
            {% set rounds.count = round %}
        {% endif %}
    {% endif %}
    {% endfor %}
    {% do log(p ~ ': guards kept after ' ~ rounds.count ~ ' rounds') %}

    {% set result %}
        select
            closed.node_id,
            coalesce(clusters.cluster, nodes.part, closed.cluster_id) as cluster_id,
            closed.cluster_id as component_id
        from ({{ compiled_code }}) as closed
        left join {{ parted.nodes }} as nodes on closed.node_id = nodes.node_id
        left join {{ rounds.clusters }} as clusters on closed.node_id = clusters.node_id
    {% endset %}
    {% do store_rows(target_relation, old_relation, result) %}

    {% for table in made + parted.made + [
        p ~ '__parts', p ~ '__traits', p ~ '__members', p ~ '__pairs', p ~ '__traits_now', p ~ '__allowed', p ~ '__merged'
    ] %}
        {% call statement('tidy') %}drop table if exists {{ table }}{% endcall %}
    {% endfor %}
    {{ return(finish_materialization(target_relation)) }}
{% endmaterialization %}
