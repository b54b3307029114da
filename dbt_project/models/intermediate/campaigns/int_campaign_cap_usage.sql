{{ config(schema='intermediate', access='protected') }}

with deliveries as (

    select * from {{ ref('int_deliveries') }}
    where takes_cap_slot

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

customer_value as (

    select * from {{ ref('customer_value') }}

),

frequency_caps as (

    select * from {{ ref('frequency_caps') }}

),

final as (

    select
        deliveries.customer_id,
        frequency_caps.cap_class,
        count(*) as messages
    from deliveries
    inner join campaigns on deliveries.campaign_id = campaigns.campaign_id
    inner join customer_value on deliveries.customer_id = customer_value.customer_id
    inner join frequency_caps
        on campaigns.cap_class = frequency_caps.cap_class
        and customer_value.value_tier = frequency_caps.value_tier
    where
        {{ days_between('coalesce(deliveries.accepted_at, deliveries.planned_at)', as_of()) }}
        < frequency_caps.window_days
    group by deliveries.customer_id, frequency_caps.cap_class

)

select * from final
