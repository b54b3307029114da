with log as (

    select * from {{ ref('int_journey_log') }}
    where seen_on <= {{ as_of() }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

latest as (

    select
        *,
        min(happened_at) over (partition by run_id) as entered_at
    from log
    qualify row_number() over (partition by run_id order by transition_no desc) = 1

),

final as (

    select
        latest.run_id,
        latest.journey_id,
        coalesce(redirects.customer_id, latest.customer_id) as customer_id,
        latest.entity_id,
        latest.to_step as step,
        case when latest.to_step = 'exit' then latest.from_step end as last_step,
        latest.cause,
        latest.detail,
        latest.to_step <> 'exit' as is_live,
        latest.version,
        latest.transition_no as transitions,
        latest.entered_at,
        latest.happened_at as since
    from latest
    left join redirects on latest.customer_id = redirects.retired_customer_id

)

select * from final
