with tags as (

    select * from {{ ref('int_tags') }}

),

coverage as (

    select * from {{ ref('tag_coverage') }}

),

logged as (

    select * from {{ ref('int_tag_share_log') }}

),

base as (

    select * from {{ ref('int_customer_base') }}

),

rules as (

    {{ thresholds(['tag_drift_days', 'tag_drift_psi_percent']) }}

),

last_day as (

    select max(logged.seen_on) as seen_on
    from logged
    cross join rules
    where logged.seen_on <= {{ add_days(as_of(), '-rules.tag_drift_days') }}

),

before as (

    select logged.*
    from logged
    inner join last_day on logged.seen_on = last_day.seen_on

),

compared_day as (

    select
        max(seen_on) as seen_on,
        max(all_customers) as all_customers
    from before
    having count(*) > 0

),

-- half a customer more on either side, so that a share of nobody or of everybody has a logarithm
shares as (

    select
        coverage.tag,
        coverage.value,
        coverage.family,
        coverage.customers,
        coalesce(before.customers, 0) as customers_before,
        compared_day.all_customers as all_customers_before,
        base.customers as all_customers,
        (coverage.customers + 0.5) / (base.customers + 1.0) as share,
        (coalesce(before.customers, 0) + 0.5) / (compared_day.all_customers + 1.0) as share_before,
        compared_day.seen_on as compared_with
    from coverage
    cross join base
    inner join tags
        on coverage.tag = tags.tag and coalesce(coverage.value, '') = coalesce(tags.value, '')
    cross join compared_day
    left join before on tags.tag_no = before.tag_no
    where coverage.state <> 'not_yet'

),

measured as (

    select
        *,
        round(
            (cast(share as double) - cast(share_before as double))
            * (ln(cast(share as double)) - ln(cast(share_before as double)))
            + (cast(share_before as double) - cast(share as double))
            * (ln(1 - cast(share as double)) - ln(1 - cast(share_before as double))),
            6
        ) as stability_index
    from shares

),

final as (

    select
        measured.tag,
        measured.value,
        measured.family,
        measured.stability_index > rules.tag_drift_psi_percent / 100.0 as is_drifting,
        measured.customers,
        measured.customers_before,
        round(cast(measured.customers as double) / nullif(measured.all_customers, 0), 6) as customer_share,
        round(cast(measured.customers_before as double) / nullif(measured.all_customers_before, 0), 6)
            as customer_share_before,
        measured.stability_index,
        measured.compared_with,
        {{ as_of() }} as as_of
    from measured
    cross join rules

)

select * from final
