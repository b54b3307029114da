{#- The conditions of the branches that stand in files, texts of SQL over `facts`; checked when the files were read. -#}
{% macro journey_conditions() %}
    {%- if not execute or not flags.INTROSPECT
        or load_relation(table_of('stg_operations__journey_arms')) is none -%}{{- return([]) -}}{%- endif -%}
    {{- return(run_query(
        'select distinct condition from ' ~ table_of('stg_operations__journey_arms')
        ~ ' where is_active and condition is not null order by condition').columns[0].values() | list) -}}
{% endmacro %}

{#- The columns that conditions look at, by the model that has them: {'int_metrics__spend': ['net_revenue'], …}; besides
    those `segment`, `tag` and `days_since` with the names that stand behind them. -#}
{% macro journey_condition_columns(conditions) %}
    {%- set metrics = customer_metrics() -%}
    {%- set found = {'segment': [], 'tag': [], 'days_since': [], 'models': {}} -%}
    {%- for condition in conditions -%}
        {%- for name in modules.re.findall('facts\\.([a-z0-9_]+)', condition) -%}
            {%- set parts = name.split('__', 1) -%}
            {%- if parts[0] in ['segment', 'tag', 'days_since'] and parts | length == 2 -%}
                {%- if parts[1] not in found[parts[0]] -%}{%- do found[parts[0]].append(parts[1]) -%}{%- endif -%}
            {%- endif -%}
            {%- set column = parts[1] if parts[0] == 'days_since' else name -%}
            {%- if parts[0] not in ['segment', 'tag'] -%}
                {%- set model = metrics[column].model if column in metrics else 'int_journey_customer_states' -%}
                {%- set columns = found.models.setdefault(model, []) -%}
                {%- if column not in columns -%}{%- do columns.append(column) -%}{%- endif -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{#- Which way each customer takes at each branch: CTE `branch_targets`, of the journeys and customers of a relation. It needs the
    CTEs arms and members. -#}
{% macro journey_branch_targets(runs) %}
{%- set conditions = journey_conditions() %}
{%- set asked = journey_condition_columns(conditions) %}
customers_asked as (

    select distinct customer_id from {{ runs }}

),

facts as (

    select
        customers_asked.customer_id
        {%- for model, columns in asked.models.items() %}
        {%- for column in columns %},
        {{ model }}.{{ column }}
        {%- if column in asked.days_since %},
        {{ days_between(model ~ '.' ~ column, as_of()) }} as days_since__{{ column }}
        {%- endif %}
        {%- endfor %}
        {%- endfor %}
        {%- for name in asked.segment %},
        segment__{{ name }}.customer_id is not null as segment__{{ name }}
        {%- endfor %}
        {%- for name in asked.tag %},
        tag__{{ name }}.customer_id is not null as tag__{{ name }}
        {%- endfor %}
    from customers_asked
    {%- for model in asked.models %}
    left join {{ ref(model) }} as {{ model }} on customers_asked.customer_id = {{ model }}.customer_id
    {%- endfor %}
    {%- for name in asked.segment %}
    left join members as segment__{{ name }}
        on customers_asked.customer_id = segment__{{ name }}.customer_id and segment__{{ name }}.segment = '{{ name }}'
    {%- endfor %}
    {%- for name in asked.tag %}
    left join (
        select distinct customer_id from {{ ref('customer_tags') }}
        where tag = '{{ name }}' and is_current
    ) as tag__{{ name }} on customers_asked.customer_id = tag__{{ name }}.customer_id
    {%- endfor %}

),

met_conditions as (
    {%- for condition in conditions %}

    select
        facts.customer_id,
        {{ "'" ~ condition | replace("'", "''") ~ "'" }} as condition
    from facts
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- else %}

    select
        facts.customer_id,
        cast(null as string) as condition
    from facts
    where 1 = 0
    {%- endfor %}

),

-- the first way of each branch whose condition holds
branch_targets as (

    select
        runs.customer_id,
        arms.journey_id,
        arms.version,
        arms.step,
        min(arms.position) as position,
        min_by(arms.target, arms.position) as target
    from {{ runs }} as runs
    inner join arms on runs.journey_id = arms.journey_id
    left join met_conditions
        on runs.customer_id = met_conditions.customer_id
        and arms.condition = met_conditions.condition
    where arms.condition is null or met_conditions.customer_id is not null
    group by runs.customer_id, arms.journey_id, arms.version, arms.step

)
{%- endmacro %}
