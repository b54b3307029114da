with loyalty_tiers as (

    select * from {{ ref('loyalty_tiers') }}

),

states as (

    select * from {{ ref('customer_state_history') }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

customer_value as (

    select * from {{ ref('customer_value') }}

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

highest as (

    select min_by(tier, position) as tier from loyalty_tiers

),

were_loyal as (

    select distinct coalesce(redirects.customer_id, states.customer_id) as customer_id
    from states
    inner join highest on states.loyalty_tier = highest.tier
    left join redirects on states.customer_id = redirects.retired_customer_id
    where coalesce(states.valid_to, {{ as_of() }}) >= {{ add_days(as_of(), 0 - var('loyalty_decay_days')) }}

),

final as (

    select were_loyal.customer_id
    from were_loyal
    inner join customer_value on were_loyal.customer_id = customer_value.customer_id
    inner join lifecycle on were_loyal.customer_id = lifecycle.customer_id
    cross join highest
    where customer_value.loyalty_tier <> highest.tier and lifecycle.stage not in ('prospect', 'dormant', 'churned')

)

select * from final
