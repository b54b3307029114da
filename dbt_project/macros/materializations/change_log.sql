{# A change log: the keys that changed, each under the number of the run that found it (`log_no`).

   The model selects what changed since the log last looked where `only_affected()`, and otherwise no row, or the rows
   that the next run has to start from. A log that starts over has everything below rebuilt. Entries that all tables and
   their tests have followed are deleted. #}

{% materialization change_log, default, supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set old_relation = load_cached_relation(this) -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}
    {%- set is_partial = only_affected() -%}
    {%- set last = mark_of(this.identifier, this.identifier) if can_delete_rows() else {} -%}
    {%- set log_no = last.get('log_no', 0) + 1 -%}
    {%- set since_no = last.get('since_no') if is_partial else log_no -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% set numbered %}
        select entries.*, cast({{ log_no }} as bigint) as log_no from ({{ compiled_code }}) as entries
    {% endset %}
    {% if is_partial %}
        {%- set columns = adapter.get_columns_in_relation(old_relation) | map(attribute='name') | join(', ') -%}
        {% call statement('main') %}insert into {{ name }} ({{ columns }}) select {{ columns }} from ({{ numbered }}) as numbered{% endcall %}
        {% call statement('forget') %}delete from {{ name }} where log_no <= {{ followed_by_all(this.identifier) }}{% endcall %}
    {% else %}
        {% do put_in_place(old_relation, target_relation, create_plain_table(name, numbered)) %}
    {% endif %}
    {% do set_marks(is_partial, log_no, since_no) %}
    {{ return(finish_materialization(target_relation)) }}
{% endmaterialization %}
