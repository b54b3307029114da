{{ kept_by('customer_id', affected='affected_tagged_customers') }}

with lists as (

    select * from {{ ref('int_customer_tag_lists') }}
    where {{ among_affected('customer_id') }}

),

tags as (

    select * from {{ ref('int_tags') }}

),

held as (

    select
        lists.customer_id,
        each.tag_no
    from lists
    {{ unnest_array('lists.tags', 'each', 'tag_no') }}
    union all
    select
        lists.customer_id,
        {{ struct_field('each.tag', 'tag_no') }} as tag_no
    from lists
    {{ unnest_array('lists.dated_tags', 'each', 'tag') }}

),

final as (

    select
        held.customer_id,
        tags.family,
        cast(count(*) as int) as tags,
        cast(count(case when tags.value is null or tags.value <> 'unknown' then 1 end) as int) as known_tags
    from held
    inner join tags on held.tag_no = tags.tag_no
    group by held.customer_id, tags.family

)

select * from final
