{{ kept_by('customer_id', affected='affected_tagged_customers') }}

with lists as (

    select * from {{ ref('int_customer_tag_lists') }}
    where {{ among_affected('customer_id') }}

),

families as (

    select * from {{ ref('int_customer_tag_families') }}
    where {{ among_affected('customer_id') }}

),

rules as (

    {{ thresholds(['counted_tags_per_family']) }}

),

counts as (

    select
        families.customer_id,
        sum(families.tags) as tags,
        sum(least(families.known_tags, rules.counted_tags_per_family)) as counted_tags
    from families
    cross join rules
    group by families.customer_id

),

final as (

    select
        lists.customer_id,
        lists.is_profiled,
        cast(coalesce(counts.tags, 0) as int) as tags,
        cast(coalesce(counts.counted_tags, 0) as int) as counted_tags
    from lists
    left join counts on lists.customer_id = counts.customer_id

)

select * from final
