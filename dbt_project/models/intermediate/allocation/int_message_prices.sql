{{ config(schema='intermediate', access='protected') }}

with channel_prices as (

    select * from {{ ref('channel_prices') }}

),

message_channels as (

    select * from {{ ref('message_channels') }}

),

thresholds as (

    {{ thresholds(['sms_parts_planned']) }}

),

-- nobody knows the country of a number here: a budget counts the dearest one
dearest as (

    select
        channel,
        max(price_per_part) as price_per_part
    from channel_prices
    group by channel

),

final as (

    select
        dearest.channel,
        dearest.price_per_part
        * case when message_channels.follows_sms_rules then thresholds.sms_parts_planned else 1 end as price
    from dearest
    inner join message_channels on dearest.channel = message_channels.channel
    cross join thresholds

)

select * from final
