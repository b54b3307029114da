{# A staging table of which a run replaces the rows whose keys new loads touch (`macros/kept/newest_rows.sql`). The model
   reads its rows with `newest` or `newest_people`, which restrict themselves to these keys where that is enough. #}

{% materialization newest_rows, default, supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set old_relation = load_cached_relation(this) -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}
    {%- set touched = remembered('touched keys: ' ~ model.unique_id) -%}
    {%- set is_partial = remembered('follows loads: ' ~ model.unique_id) or false -%}
    {%- set places = places_of_this_build() -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if is_partial %}
        {%- set columns = adapter.get_columns_in_relation(old_relation) | map(attribute='name') | join(', ') -%}
        {% do rebuild_table(name ~ '__fresh', compiled_code) %}
        {% call statement('delete') %}
            delete from {{ name }} where ({{ config.get('key') }}) is null or ({{ config.get('key') }}) in ({{ touched }})
        {% endcall %}
        {% call statement('main') %}
            insert into {{ name }} ({{ columns }}) select {{ columns }} from {{ name }}__fresh
        {% endcall %}
        {% call statement('tidy') %}drop table if exists {{ name }}__fresh{% endcall %}
    {% else %}
        {% do put_in_place(old_relation, target_relation, create_plain_table(name, compiled_code)) %}
    {% endif %}
    {% if places %}{% do note_followed(places, is_partial) %}{% endif %}
    {{ return(finish_materialization(target_relation)) }}
{% endmaterialization %}
