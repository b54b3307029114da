{%- set days = var('daily_metrics_days', 730) -%}
with final as (

    select {{ add_days(as_of(), '-n') }} as metric_day
    from {{ series(days, 'r', 'n') }}

)

select * from final
