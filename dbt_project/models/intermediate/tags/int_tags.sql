with rules as (

    select * from {{ ref('tag_rules') }}

),

tag_values as (

    select * from {{ ref('int_tag_values') }}

),

-- all values of a rule `each` are one row of the seed
ruled as (

    select
        tag_values.tag_no,
        rules.tag,
        case when rules.operator = 'each' then tag_values.value else rules.value end as value,
        rules.family,
        rules.metric,
        rules.operator,
        rules.name_zh,
        rules.name_en,
        case when rules.operator = 'each' then tag_values.value else rules.value_zh end as value_zh,
        case when rules.operator = 'each' then tag_values.value else rules.value_en end as value_en,
        rules.owner,
        coalesce(rules.sensitive, false) as is_sensitive,
        rules.purpose,
        rules.since
    from rules
    left join tag_values
        on rules.tag = tag_values.tag
        and (rules.operator = 'each' or coalesce(rules.value, '') = coalesce(tag_values.value, ''))

),

custom as (
    {%- for model in custom_tag_models() %}
    {%- set meta = node_of(model).get('config', {}).get('meta', {}) %}

    select
        tag_values.tag_no,
        tag_values.tag,
        tag_values.value,
        '{{ meta.family }}' as family,
        cast(null as string) as metric,
        'model' as operator,
        '{{ meta.name_zh | replace("'", "''") }}' as name_zh,
        '{{ meta.name_en | replace("'", "''") }}' as name_en,
        tag_values.value as value_zh,
        tag_values.value as value_en,
        '{{ meta.owner | default('') | replace("'", "''") }}' as owner,
        cast({{ 'true' if meta.sensitive else 'false' }} as boolean) as is_sensitive,
        '{{ meta.purpose | default('') | replace("'", "''") }}' as purpose,
        cast(null as date) as since
    from tag_values
    where tag_values.tag = '{{ model | replace('tag_', '', 1) }}'
    {{ 'union all' if not loop.last }}
    {%- else %}

    select * from ruled
    where 1 = 0
    {%- endfor %}

),

united as (

    select * from ruled
    union all
    select * from custom

),

final as (

    select
        united.*,
        cast(dense_rank() over (order by united.family) as int) as family_no
    from united

)

select * from final
