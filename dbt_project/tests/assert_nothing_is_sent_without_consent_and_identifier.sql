-- Messages planned over a channel that the customer did not consent to, or without an identifier.
select
    plan.campaign_id,
    plan.customer_id,
    plan.channel
from {{ ref('campaign_plan') }} as plan
inner join {{ ref('customers') }} as customers on plan.customer_id = customers.customer_id
left join {{ ref('customer_consents') }} as consents
    on plan.customer_id = consents.customer_id
    and plan.channel = consents.channel
    and plan.consent_purpose = consents.purpose
where
    plan.decision = 'send'
    and (
        plan.identifier_token is null
        or customers.is_profiling_optout is not false
        or not coalesce(consents.is_granted, false)
    )
