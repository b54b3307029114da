with orders as (

    select * from {{ ref('int_orders_as_sold') }}

),

counted as (

    select
        channel,
        currency,
        count(*) as orders
    from orders
    where held_reason is null
    group by channel, currency

),

used as (

    select
        currency,
        sum(orders) as orders
    from counted
    where currency is not null
    group by currency

),

most_used as (

    select currency
    from used
    order by orders desc, currency
    limit 1

),

by_channel as (

    select
        channel,
        max(currency) as any_currency
    from counted
    group by channel

),

final as (

    select
        by_channel.channel,
        {%- if var('reporting_currency', '') %}
        cast('{{ var('reporting_currency') | upper | trim }}' as string) as reporting_currency,
        {%- else %}
        (select currency from most_used) as reporting_currency,
        {%- endif %}
        {{ 'true' if var('reporting_currency', '') else '(select count(*) from used) <= 1' }} as is_settled,
        -- a channel that never states a currency sells in the one that is reported in
        by_channel.any_currency is not null as states_currency
    from by_channel

)

select * from final
