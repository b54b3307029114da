with snapshots as (

    select * from {{ ref('int_business_snapshot_log') }}
    where as_of <= {{ as_of() }}

),

-- of several runs of a day the last one counts
final as (

    select
        customers,
        merged_customers,
        reachable_customers,
        core_fields_known,
        core_fields,
        buyers_ever,
        active_customers_30d,
        dormant_customers,
        churned_customers,
        high_value_customers,
        rows_read,
        rows_loaded,
        channels_connected,
        as_of
    from snapshots
    qualify row_number() over (partition by as_of order by change_no desc) = 1

)

select * from final
