{# A table that is kept from run to run, of which a run replaces the rows that its changes affect.

   Config (`kept_by` writes it): `key` is the column whose rows are replaced together; `affected` the model that names the
   keys, in its column `affected_key` (default: as `key`). Rows without a key are replaced by every run. The model selects
   the rows of affected keys only (`among_affected`) where the run builds on the last one, and all rows otherwise. #}

{% macro store_rows(relation, old_relation, sql) %}
    {%- set name = relation.schema ~ '.' ~ relation.identifier -%}
    {%- set key = config.get('key') -%}
    {%- if key and only_affected() and old_relation is not none and old_relation.is_table -%}
        {%- set affected = keys_to_replace() -%}
        {%- set columns = adapter.get_columns_in_relation(old_relation) | map(attribute='name') | join(', ') -%}
        {% do rebuild_table(name ~ '__fresh', sql) %}
        {% call statement('delete') %}
            delete from {{ name }} where {{ key }} is null or {{ key }} in ({{ affected }})
        {% endcall %}
        {% call statement('main') %}
            insert into {{ name }} ({{ columns }}) select {{ columns }} from {{ name }}__fresh
            where {{ key }} is null or {{ key }} in ({{ affected }})
        {% endcall %}
        {% call statement('tidy') %}drop table if exists {{ name }}__fresh{% endcall %}
        {% for column in config.get('as_of_columns', []) %}
            {% call statement('move') %}
                update {{ name }} set {{ column }} = {{ as_of() }} where {{ column }} <> {{ as_of() }}
            {% endcall %}
        {% endfor %}
    {%- else -%}
        {% do put_in_place(old_relation, relation, create_plain_table(name, sql)) %}
    {%- endif -%}
{% endmacro %}

{% materialization affected_rows, default, supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set old_relation = load_cached_relation(this) -%}
    {%- set is_partial = only_affected() -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if config.get('contract').enforced %}{{ get_assert_columns_equivalent(compiled_code) }}{% endif %}
    {% do store_rows(target_relation, old_relation, compiled_code) %}
    {% if 'identity' not in model.fqn %}{% do set_marks(is_partial) %}{% endif %}
    {{ return(finish_materialization(target_relation)) }}
{% endmaterialization %}
