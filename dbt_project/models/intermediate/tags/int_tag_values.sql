{#- A number for each tag and value that ever was: the tags of a customer are kept as numbers. It only grows. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail',
    tags=['history']
) }}
{%- set words = words_of_tags() %}

with rules as (

    select * from {{ ref('tag_rules') }}

),
{% for model in metric_models() %}
{{ model }} as (

    select * from {{ ref(model) }}

),
{% endfor %}
custom_members as (

    select * from {{ ref('int_custom_tag_members') }}

),

named as (

    select
        tag,
        value
    from rules
    where operator <> 'each'
    union
    select
        tag,
        value
    from custom_members
    {%- for rule in words %}
    union
    select
        '{{ rule.tag }}' as tag,
        {{ rule.metric }} as value
    from {{ rule.model }}
    where {{ rule.metric }} is not null
    {%- endfor %}

),

{% if is_incremental() -%}
known as (

    select * from {{ this }}

),
{%- else -%}
known as (

    select
        cast(null as int) as tag_no,
        tag,
        value
    from named
    where false

),
{%- endif %}

last_number as (

    select coalesce(max(tag_no), 0) as tag_no from known

),

final as (

    select
        cast(last_number.tag_no + row_number() over (order by named.tag, named.value) as int) as tag_no,
        named.tag,
        named.value
    from named
    left join known on named.tag = known.tag and coalesce(named.value, '') = coalesce(known.value, '')
    cross join last_number
    where known.tag is null

)

select * from final
