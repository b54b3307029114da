with log as (

    select * from {{ ref('int_journey_log') }}
    where seen_on <= {{ as_of() }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

latest as (

    select
        run_id,
        min(journey_id) as journey_id,
        min(entity_id) as entity_id,
        max_by(customer_id, transition_no) as customer_id,
        max_by(coalesce(from_step, ''), transition_no) as from_step,
        max_by(to_step, transition_no) as to_step,
        max_by(cause, transition_no) as cause,
        max_by(coalesce(detail, ''), transition_no) as detail,
        max_by(version, transition_no) as version,
        max(transition_no) as transition_no,
        min(happened_at) as entered_at,
        max_by(happened_at, transition_no) as happened_at
    from log
    group by run_id

),

final as (

    select
        latest.run_id,
        latest.journey_id,
        coalesce(redirects.customer_id, latest.customer_id) as customer_id,
        latest.entity_id,
        latest.to_step as step,
        case when latest.to_step = 'exit' then nullif(latest.from_step, '') end as last_step,
        latest.cause,
        nullif(latest.detail, '') as detail,
        latest.to_step <> 'exit' as is_live,
        latest.version,
        latest.transition_no as transitions,
        latest.entered_at,
        latest.happened_at as since
    from latest
    left join redirects on latest.customer_id = redirects.retired_customer_id

)

select * from final
