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

logged as (

    select * from {{ ref('int_tag_share_log') }}
    where seen_on <= {{ as_of() }}

),

days as (

    select distinct seen_on from logged

),

days_with_previous as (

    select
        seen_on,
        lag(seen_on) over (order by seen_on) as previous_day
    from days

),

-- a day on which nobody had the tag has no row in the log
counts as (

    select
        tags.tag_no,
        days_with_previous.seen_on,
        coalesce(logged.customers, 0) as customers,
        coalesce(logged_before.customers, 0) as customers_before
    from tags
    cross join days_with_previous
    left join logged on tags.tag_no = logged.tag_no and days_with_previous.seen_on = logged.seen_on
    left join logged as logged_before
        on tags.tag_no = logged_before.tag_no and days_with_previous.previous_day = logged_before.seen_on
    where days_with_previous.previous_day is not null

),

changes as (

    select
        tag_no,
        max(seen_on) as changed_on
    from counts
    where customers <> customers_before
    group by tag_no

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
            when tags.metric is not null and not coalesce(metrics.is_known, false) then 'no_metric'
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
        changes.changed_on,
        {{ as_of() }} as as_of
    from tags
    cross join base
    left join holders on tags.tag_no = holders.tag_no
    left join metrics on tags.metric = metrics.metric
    left join changes on tags.tag_no = changes.tag_no

)

select * from final
