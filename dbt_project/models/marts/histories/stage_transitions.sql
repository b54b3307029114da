{%- set days = var('daily_metrics_days', 730) -%}
with history as (

    select * from {{ ref('customer_lifecycle_history') }}
    where
        previous_stage is not null
        and {{ in_last_days('valid_from', days, as_of()) }}

),

final as (

    select
        history.previous_stage as from_stage,
        history.stage as to_stage,
        cast(count(*) as int) as customers,
        {{ truncated_to('month', 'history.valid_from') }} as month
    from history
    group by history.previous_stage, history.stage, {{ truncated_to('month', 'history.valid_from') }}

)

select * from final
