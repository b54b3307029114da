with families as (

    select * from {{ ref('tag_families') }}

),

coverage as (

    select * from {{ ref('tag_coverage') }}

),

catalogue as (

    select * from {{ ref('int_tags') }}

),

customer_families as (

    select * from {{ ref('int_customer_tag_families') }}

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

tags as (

    select
        family,
        count(distinct tag) as tags,
        count(distinct case when state = 'held' then tag end) as held_tags
    from coverage
    group by family

),

family_numbers as (

    select distinct
        family,
        family_no
    from catalogue

),

judged as (

    select
        customer_families.families,
        case when stages.is_active then 1 else 0 end as active
    from customer_families
    inner join lifecycle on customer_families.customer_id = lifecycle.customer_id
    inner join stages on lifecycle.stage = stages.stage

),

held as (

    {{ unnested_together(['active'], [['family_no', 'families']], 'judged') }}

),

counted as (

    select
        family_no,
        count(*) as customers,
        sum(active) as active_customers
    from held
    group by family_no

),

holders as (

    select
        family_numbers.family,
        counted.customers,
        counted.active_customers
    from counted
    inner join family_numbers on counted.family_no = family_numbers.family_no

),

final as (

    select
        families.family,
        families.name_zh,
        families.name_en,
        families.is_inferred,
        families.position,
        cast(coalesce(tags.tags, 0) as int) as tags,
        cast(coalesce(tags.held_tags, 0) as int) as held_tags,
        cast(coalesce(holders.customers, 0) as bigint) as customers,
        cast(coalesce(holders.active_customers, 0) as bigint) as active_customers,
        round(coalesce(cast(holders.customers as double) / nullif(base.customers, 0), 0), 6) as customer_share,
        round(coalesce(cast(holders.active_customers as double) / nullif(base.active_customers, 0), 0), 6)
            as active_share,
        {{ as_of() }} as as_of
    from families
    cross join base
    left join tags on families.family = tags.family
    left join holders on families.family = holders.family

)

select * from final
