{#- One row of a customer who has the metric is enough. A table is read where it is asked, not through a common table
    expression: that would be copied whole for its many readers. -#}
{%- set rules = tag_rule_rows(later=true) %}
{%- set models = rules | map(attribute='model') | unique | sort %}

{%- for model in metric_models() %}{% do ref(model) %}{% endfor %}

with final as (
    {%- for model in models %}
    {%- set outer = loop %}
    {%- for metric in rules | selectattr('model', 'equalto', model) | map(attribute='metric') | unique | sort %}

    select
        '{{ metric }}' as metric,
        '{{ model }}' as metric_table,
        count(*) > 0 as is_known
    from (select {{ metric }} from {{ ref(model) }} where {{ metric }} is not null limit 1) as customers
    {{ 'union all' if not (outer.last and loop.last) }}
    {%- endfor %}
    {%- else %}

    select
        cast(null as string) as metric,
        cast(null as string) as metric_table,
        cast(null as boolean) as is_known
    where 1 = 0
    {%- endfor %}

)

select * from final
