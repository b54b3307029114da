{{ config(materialized='view') }}

with field_sources as (

    select * from {{ ref('int_customer_field_sources') }}

),

customers as (

    select * from {{ ref('customers') }}

),

survivorship_rules as (

    select * from {{ ref('survivorship_rules') }}

),

survivorship_methods as (

    select * from {{ ref('survivorship_methods') }}

),

final as (

    select
        field_sources.customer_id,
        field_sources.field,
        survivorship_rules.name_zh as field_zh,
        survivorship_rules.name_en as field_en,
        field_sources.rule,
        field_sources.source_profile_id,
        field_sources.channel,
        case field_sources.field
            {%- for field in golden_fields() %}
            {%- if field.name == 'birthday' %}
            -- month and day: enough to send wishes
            when 'birthday' then substr(cast(customers.birthday as string), 6, 5)
            {%- else %}
            when '{{ field.name }}' then customers.{{ field.shown }}
            {%- endif %}
            {%- endfor %}
        end as shown_value,
        case
            when field_sources.other_candidates = 0 then '只有这份档案有'
            when field_sources.distinct_values = 1
                then cast(field_sources.other_candidates + 1 as string) || ' 份档案一致'
            else survivorship_methods.why_zh || '：' || cast(field_sources.other_candidates + 1 as string)
                || ' 份档案有 ' || cast(field_sources.distinct_values as string) || ' 个不同的值'
        end as why_zh,
        case
            when field_sources.other_candidates = 0 then 'the only profile that has one'
            when field_sources.distinct_values = 1
                then 'all ' || cast(field_sources.other_candidates + 1 as string) || ' profiles agree'
            else survivorship_methods.why_en || ': ' || cast(field_sources.other_candidates + 1 as string)
                || ' profiles have ' || cast(field_sources.distinct_values as string) || ' different values'
        end as why_en,
        field_sources.other_candidates,
        field_sources.distinct_values
    from field_sources
    inner join customers on field_sources.customer_id = customers.customer_id
    inner join survivorship_rules on field_sources.field = survivorship_rules.field
    inner join survivorship_methods on field_sources.rule = survivorship_methods.rule

)

select * from final
