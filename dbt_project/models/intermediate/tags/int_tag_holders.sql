with lists as (

    select * from {{ ref('int_customer_tag_lists') }}

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

stages as (

    select * from {{ ref('lifecycle_stages') }}

),

judged as (

    select
        lists.tags,
        lists.dated_tags,
        case when stages.is_active then 1 else 0 end as active
    from lists
    inner join lifecycle on lists.customer_id = lifecycle.customer_id
    inner join stages on lifecycle.stage = stages.stage

),

numbered as (

    select
        active,
        tags || {{ array_map('dated_tags', 'entry', struct_field('entry', 'tag_no')) }} as tag_nos
    from judged

),

held as (

    {{ unnested_together(['active'], [['tag_no', 'tag_nos']], 'numbered') }}

),

final as (

    select
        tag_no,
        cast(count(*) as bigint) as customers,
        cast(sum(active) as bigint) as active_customers
    from held
    group by tag_no

)

select * from final
