{%- set rules = tag_rule_rows(later=true) %}
{%- set models = rules | map(attribute='model') | unique | sort %}

with {% for model in metric_models() -%}
{{ model }} as (

    select * from {{ ref(model) }}

),

{% endfor -%}
{% for model in models -%}
{{ model }}_counts as (

    select
        {%- for metric in rules | selectattr('model', 'equalto', model) | map(attribute='metric') | unique | sort %}
        count({{ metric }}) as {{ metric }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

),

{% endfor -%}
final as (
    {%- for model in models %}
    {%- set outer = loop %}
    {%- for metric in rules | selectattr('model', 'equalto', model) | map(attribute='metric') | unique | sort %}

    select
        '{{ metric }}' as metric,
        '{{ model }}' as metric_table,
        cast({{ metric }} as bigint) as customers
    from {{ model }}_counts
    {{ 'union all' if not (outer.last and loop.last) }}
    {%- endfor %}
    {%- else %}

    select
        cast(null as string) as metric,
        cast(null as string) as metric_table,
        cast(null as bigint) as customers
    where 1 = 0
    {%- endfor %}

)

select * from final
