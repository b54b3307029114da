{# Identity costs what changed. The tables of the graph are kept from run to run, and a run replaces the rows that its
   changes can reach: changed profiles → the values they carry or carried → the components of all who carry those.

   `int_identity__build_plan` decides once for all models of a run: everything rebuilt when there is nothing to build on, when
   rules, vars or the models themselves have changed, when the run before did not come to its end, with --full-refresh,
   and on engines that cannot delete rows. Both ways end in the same rows. #}

{# whether this run replaces affected rows only; outside of the identity models `builds_on_last_run` decides #}
{% macro only_affected() %}
    {#- a unit test has no tables of its own -#}
    {%- if execute and 'identity' not in model.fqn -%}{{- return(builds_on_last_run()) -}}{%- endif -%}
    {%- if not execute or not flags.INTROSPECT or flags.FULL_REFRESH or not can_delete_rows() or this is none -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set plan = state_of('int_identity__build_plan') -%}
    {%- if load_relation(plan) is none -%}{{- return(false) -}}{%- endif -%}
    {{- return(run_query('select is_partial from ' ~ plan).columns[0].values()[0]) -}}
{% endmacro %}

{# the table of another identity model as the run before left it, or as this one has made it: no edge of the lineage #}
{% macro state_of(name) %}
    {{- return(this.incorporate(path={'identifier': name})) -}}
{% endmacro %}

{# a condition that keeps the affected rows, true for all rows in a run that rebuilds everything #}
{% macro among_affected(column, key=none, affected=none) -%}
    {%- if affected is none -%}
        {%- if only_affected() -%} {{ column }} in ({{ keys_to_replace() }}) {%- else -%} 1 = 1 {%- endif -%}
    {%- else -%}
        {%- set keys = ref(affected) -%}
        {%- if only_affected() -%} {{ column }} in (select {{ key }} from {{ keys }}) {%- else -%} 1 = 1 {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# what the identity models look at in a profile, besides its id #}
{% macro profile_columns() %}
    {{- return([
        'channel', 'phone_token', 'phone_mask', 'phone_further', 'email_token', 'email_mask', 'email_further',
        'id_number_token', 'id_number_mask', 'identity_name_token', 'name_features', 'member_no', 'wecom_unionid',
        'wecom_external_userid', 'shop_account', 'app_user_id', 'device_id', 'birthday', 'birthday_text',
        'registered_at', 'updated_at', 'first_load_id'
    ]) -}}
{% endmacro %}

{# the profiles that a run has to look at: those that changed and are still there, or all; no test accounts #}
{% macro profiles_in_reach() -%}
    {%- set changed = ref('int_identity__changed_profiles') -%}
    {%- set profiles = ref('int_profiles') -%}
    {%- if only_affected() -%} {{ changed }} where fingerprint is not null
    {%- else -%} {{ profiles }} where not is_test {%- endif -%}
{%- endmacro %}

{# the observations that a run has to look at: of affected profiles, or all #}
{% macro observations_in_reach() -%}
    {%- set affected = ref('int_identity__affected_observations') -%}
    {%- set observations = ref('int_identity__observations') -%}
    {{- affected if only_affected() else observations -}}
{%- endmacro %}

{# all that decides who is whom, other than the profiles: seeds, vars, and the text of the models #}
{% macro identity_rules_digest() %}
    {%- set parts = [] -%}
    {%- for seed in [ref('identity_rules'), ref('identity_blocked_values')] -%}
        {%- if execute and flags.INTROSPECT and load_relation(seed) is not none -%}
            {%- for row in run_query('select * from ' ~ seed ~ ' order by all').rows -%}
                {%- do parts.append(row.values() | join('|')) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in ['components_max_rounds', 'customer_max_profiles', 'contact_channels', 'linkage_join_probability'] -%}
        {%- do parts.append(name ~ '=' ~ var(name)) -%}
    {%- endfor -%}
    {%- for node in graph.get('nodes', {}).values() if node.resource_type == 'model' and 'identity' in node.fqn -%}
        {%- do parts.append(node.name ~ '=' ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {{- return(local_md5(parts | sort | join('\n'))) -}}
{% endmacro %}

{# whether the tables of the run before are whole, by the same rules, and can be built on #}
{% macro can_build_on_last_run(digest) %}
    {%- if not execute or not flags.INTROSPECT or flags.FULL_REFRESH or not can_delete_rows() -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and 'identity' in node.fqn -%}
        {%- if node.config.materialized in ('affected_rows', 'connected_components', 'guarded_components')
            and load_relation(state_of(node.name)) is none -%}
            {{- return(false) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- set done = state_of('int_identity__build_checkpoint') -%}
    {%- if load_relation(done) is none or load_relation(this) is none -%}{{- return(false) -}}{%- endif -%}
    {%- set last = run_query(
        'select count(*) from ' ~ done ~ ' as done inner join ' ~ this ~ ' as planned'
        ~ ' on done.planned_at = planned.planned_at where done.rules_digest = \'' ~ digest ~ '\'') -%}
    {{- return(last.columns[0].values()[0] == 1) -}}
{% endmacro %}

{# when the run before was planned, as SQL #}
{% macro last_planned_at() %}
    {%- if not execute or not flags.INTROSPECT or load_relation(this) is none -%}{{- return('null') -}}{%- endif -%}
    {%- set last = run_query('select planned_at from ' ~ this).columns[0].values() -%}
    {{- return("'" ~ last[0] ~ "'" if last else 'null') -}}
{% endmacro %}
