{{ config(materialized='view') }}

with lists as (

    select * from {{ ref('int_customer_tag_lists') }}

),

tag_values as (

    select * from {{ ref('int_tag_values') }}

),

numbered as (

    select
        lists.customer_id,
        entries.tag_no,
        cast(null as date) as since
    from lists
    {{ unnest_array('lists.tags', 'entries', 'tag_no') }}
    union all
    select
        lists.customer_id,
        {{ struct_field('entries.entry', 'tag_no') }} as tag_no,
        {{ struct_field('entries.entry', 'since') }} as since
    from lists
    {{ unnest_array('lists.dated_tags', 'entries', 'entry') }}

),

final as (

    select
        numbered.customer_id,
        tag_values.tag,
        tag_values.value,
        numbered.since
    from numbered
    inner join tag_values on numbered.tag_no = tag_values.tag_no

)

select * from final
