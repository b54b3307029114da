{%- set rules = tag_rule_rows(later=true) %}
{%- set models = rules | map(attribute='model') | unique | sort %}

with {% for model in metric_models() -%}
{{ model }} as (

    select * from {{ ref(model) }}

),

{% endfor -%}
-- one row of a customer who has the metric is enough
final as (
    {%- for model in models %}
    {%- set outer = loop %}
    {%- for metric in rules | selectattr('model', 'equalto', model) | map(attribute='metric') | unique | sort %}

    select
        '{{ metric }}' as metric,
        '{{ model }}' as metric_table,
        count(*) > 0 as is_known
    from (select {{ metric }} from {{ model }} where {{ metric }} is not null limit 1) as customers
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
