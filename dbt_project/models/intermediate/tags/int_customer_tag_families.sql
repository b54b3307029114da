{{ kept_by('customer_id', affected='affected_tagged_customers') }}
{%- set dated_nos = array_map('lists.dated_tags', 'entry', struct_field('entry', 'tag_no')) %}

with lists as (

    select * from {{ ref('int_customer_tag_lists') }}
    where {{ among_affected('customer_id') }}

),

tag_values as (

    select * from {{ ref('int_tag_values') }}

),

tags as (

    select * from {{ ref('int_tags') }}

),

rules as (

    {{ thresholds(['counted_tags_per_family']) }}

),

-- the family of each tag, found by its number: they are counted from 1 without a gap
families as (

    select
        {{ array_in_order('tags.family_no', 'tag_values.tag_no') }} as of_tags,
        {{ array_in_order("case when tags.value is null or tags.value <> 'unknown' then tags.family_no end",
            'tag_values.tag_no') }} as of_known_tags
    from tag_values
    left join tags on tag_values.tag_no = tags.tag_no

),

numbered as (

    select
        customer_id,
        is_profiled,
        tags || {{ dated_nos }} as tag_nos
    from lists

),

looked_up as (

    select
        numbered.customer_id,
        numbered.is_profiled,
        numbered.tag_nos,
        {{ array_map('numbered.tag_nos', 'tag_no', element_of('families.of_tags', 'tag_no')) }} as families,
        {{ array_map('numbered.tag_nos', 'tag_no', element_of('families.of_known_tags', 'tag_no')) }} as known_families
    from numbered
    cross join families

),

final as (

    select
        looked_up.customer_id,
        looked_up.is_profiled,
        {{ array_distinct_known('looked_up.families') }} as families,
        {{ array_size('looked_up.tag_nos') }} as tags,
        cast({{ array_sum(array_map(
            'map_values(' ~ element_counts('looked_up.known_families') ~ ')', 'tags',
            'least(tags, rules.counted_tags_per_family)'
        )) }} as int) as counted_tags
    from looked_up
    cross join rules

)

select * from final
