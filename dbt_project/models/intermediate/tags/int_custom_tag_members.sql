with {% for model in custom_tag_models() -%}
{{ model }} as (

    select * from {{ ref(model) }}

),

{% endfor -%}
final as (
    {%- for model in custom_tag_models() %}
    {%- set node = node_of(model) %}

    select
        customer_id,
        '{{ model | replace('tag_', '', 1) }}' as tag,
        cast({{ 'value' if 'value' in node.columns else 'null' }} as string) as value,
        '{{ node.config.meta.family }}' as family
    from {{ model }}
    where customer_id is not null
    {{ 'union all' if not loop.last }}
    {%- else %}

    select
        cast(null as string) as customer_id,
        cast(null as string) as tag,
        cast(null as string) as value,
        cast(null as string) as family
    where 1 = 0
    {%- endfor %}

)

select * from final
