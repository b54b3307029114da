with coverage as (

    select * from {{ ref('tag_coverage') }}

),

counts as (

    select * from {{ ref('customer_tag_counts') }}

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

stages as (

    select * from {{ ref('lifecycle_stages') }}

),

base as (

    select * from {{ ref('int_customer_base') }}

),

rules as (

    {{ thresholds(['tags_per_active_customer', 'common_tag_percent']) }}

),

-- what everybody has tells nobody apart
catalogue as (

    select
        count(distinct coverage.tag) as tags,
        count(distinct case when coverage.state = 'held' then coverage.tag end) as held_tags,
        count(distinct case when coverage.state = 'no_metric' then coverage.tag end) as tags_without_metric,
        count(case when 100 * coverage.customer_share > rules.common_tag_percent then 1 end) as common_tags
    from coverage
    cross join rules

),

reached as (

    select
        count(case when counts.counted_tags - catalogue.common_tags >= rules.tags_per_active_customer then 1 end)
            as well_tagged,
        median(cast(counts.counted_tags as double)) as median_tags
    from counts
    inner join lifecycle on counts.customer_id = lifecycle.customer_id
    inner join stages on lifecycle.stage = stages.stage
    cross join catalogue
    cross join rules
    where stages.is_active

),

final as (

    select
        cast(catalogue.tags as int) as tags,
        cast(catalogue.held_tags as int) as held_tags,
        cast(catalogue.tags_without_metric as int) as tags_without_metric,
        cast(catalogue.common_tags as int) as common_tags,
        base.customers,
        base.active_customers,
        cast(reached.well_tagged as bigint) as well_tagged_active_customers,
        round(cast(reached.well_tagged as double) / nullif(base.active_customers, 0), 6) as well_tagged_active_share,
        round(reached.median_tags, 2) as median_counted_tags,
        {{ as_of() }} as as_of
    from catalogue
    cross join base
    cross join reached

)

select * from final
