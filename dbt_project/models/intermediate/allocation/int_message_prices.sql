{{ config(schema='intermediate', access='protected') }}

with message_prices as (

    select * from {{ ref('message_prices') }}

),

message_channels as (

    select * from {{ ref('message_channels') }}

),

thresholds as (

    {{ thresholds(['sms_parts_planned']) }}

),

-- the dearest row of a channel, so that a budget holds wherever the message goes
dearest as (

    select
        channel,
        max(price) as price
    from message_prices
    group by channel

),

final as (

    select
        dearest.channel,
        dearest.price
        * case when message_channels.follows_sms_rules then thresholds.sms_parts_planned else 1 end as price
    from dearest
    inner join message_channels on dearest.channel = message_channels.channel
    cross join thresholds

)

select * from final
