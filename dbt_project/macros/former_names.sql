{# Gives the tables of an older release the names of this one, before anything is built. What is kept from run to run
   (registries, logs, hold-outs) has to be found under its new name, or it would begin from nothing. A model says its
   `former_name` in its meta; readers of the publication find it under that name too, as a view, for one release. #}
{% macro rename_former_tables() %}
    {%- if execute and flags.INTROSPECT -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.former_name -%}
            {%- set former = api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.config.meta.former_name) -%}
            {%- set held = load_relation(former) -%}
            {%- if held is not none -%}
                {%- set current = api.Relation.create(
                    database=node.database, schema=node.schema, identifier=node.alias, type=held.type) -%}
                {%- if held.is_table and load_relation(current) is none -%}
                    {%- do adapter.rename_relation(held, current) -%}
                {%- else -%}
                    {%- do adapter.drop_relation(held) -%}
                {%- endif -%}
                {#- a hook that returns no SQL of its own is rolled back at its end -#}
                {%- do adapter.commit() -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
