-- Messages planned over a channel that the customer did not consent to, or without an identifier.
select
    plan.campaign_id,
    plan.customer_id,
    plan.channel
from {{ ref('campaign_plan') }} as plan
inner join {{ ref('customers') }} as customers on plan.customer_id = customers.customer_id
where
    plan.decision = 'send'
    and (
        plan.identifier_token is null
        or customers.is_profiling_optout
        or not {{ consents_to('customers', 'plan.channel') }}
    )
