with tags as (

    select * from {{ ref('int_tags') }}

),

holders as (

    select * from {{ ref('int_tag_holders') }}

),

metrics as (

    select * from {{ ref('int_metric_coverage') }}

),

base as (

    select * from {{ ref('int_customer_base') }}

),

final as (

    select
        tags.tag,
        tags.value,
        tags.family,
        tags.metric,
        case
            when holders.customers > 0 then 'held'
            when tags.since > {{ as_of() }} then 'not_yet'
            when tags.metric is not null and coalesce(metrics.customers, 0) = 0 then 'no_metric'
            else 'no_customer'
        end as state,
        tags.name_zh,
        tags.name_en,
        tags.value_zh,
        tags.value_en,
        tags.is_sensitive,
        coalesce(holders.customers, 0) as customers,
        coalesce(holders.active_customers, 0) as active_customers,
        round(coalesce(cast(holders.customers as double) / nullif(base.customers, 0), 0), 6) as customer_share,
        round(coalesce(cast(holders.active_customers as double) / nullif(base.active_customers, 0), 0), 6)
            as active_share,
        {{ as_of() }} as as_of
    from tags
    cross join base
    left join holders on tags.tag_no = holders.tag_no
    left join metrics on tags.metric = metrics.metric

)

select * from final
