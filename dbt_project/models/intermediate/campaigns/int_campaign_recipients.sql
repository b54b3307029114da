{{ config(schema='intermediate', access='protected') }}
{%- set template_fields = template_field_rows() %}
{%- set tag_fields = template_fields | selectattr('source_table', 'equalto', 'customer_tags') | list %}

with customers as (

    select * from {{ ref('customers') }}

),

customer_value as (

    select * from {{ ref('customer_value') }}

),

customer_lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

customer_rfm as (

    select * from {{ ref('customer_rfm') }}

),

tags as (

    select * from {{ ref('customer_tags') }}
    where is_current

),

catalogue as (

    select * from {{ ref('int_tags') }}

),

-- a sensitive tag is no field of messages, whoever names it in the seed
unusable_tags as (

    select distinct tag from catalogue
    where is_sensitive

),

-- the tags that rows of the seed template_fields ask for, a column each
customer_tags as (

    select
        {%- for row in tag_fields %}
        max(case when tags.tag = '{{ row['source_column'] }}' then coalesce(tags.value, 'true') end)
            as {{ row['source_column'] }},
        {%- endfor %}
        tags.customer_id
    from tags
    where
        tags.tag in ('' {%- for row in tag_fields %}, '{{ row['source_column'] }}'{% endfor %})
        and tags.tag not in (select unusable_tags.tag from unusable_tags)
    group by tags.customer_id

),

-- a field is read from one of these tables, as its row of the seed says
final as (

    select
        customers.customer_id,
        customers.is_profiling_optout,
        customer_value.value_tier,
        {{ json_object_text(template_field_pairs(template_fields)) }} as fields,
        {{ missing_field_names(template_field_pairs(template_fields)) }} as missing_fields,
        customer_value.value_score
    from customers
    inner join customer_value on customers.customer_id = customer_value.customer_id
    inner join customer_lifecycle on customers.customer_id = customer_lifecycle.customer_id
    left join customer_rfm on customers.customer_id = customer_rfm.customer_id
    left join customer_tags on customers.customer_id = customer_tags.customer_id

)

select * from final
