-- Customers whose planned messages alone are more than their cap allows.
with planned as (

    select
        plan.customer_id,
        plan.cap_class,
        customer_value.value_tier,
        count(*) as messages
    from {{ ref('campaign_plan') }} as plan
    inner join {{ ref('customer_value') }} as customer_value on plan.customer_id = customer_value.customer_id
    where plan.decision = 'send'
    group by plan.customer_id, plan.cap_class, customer_value.value_tier

)

select planned.*
from planned
inner join {{ ref('frequency_caps') }} as caps
    on planned.cap_class = caps.cap_class
    and planned.value_tier = caps.value_tier
where planned.messages > caps.max_messages
