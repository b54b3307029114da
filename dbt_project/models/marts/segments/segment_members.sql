with {% for model in segment_models() -%}
{{ model }} as (

    select * from {{ ref(model) }}

),

{% endfor -%}
final as (
    {%- for model in segment_models() %}

    select
        '{{ model | replace('segment_', '', 1) }}' as segment,
        customer_id
    from {{ model }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
