with from_channels as (
    {{ united('exchange_rates') }}
),

rules as (

    select
        'seed' as channel,
        cast(rate_day as date) as rate_day,
        cast(currency as string) as currency,
        cast(into_currency as string) as into_currency,
        cast(rate as decimal(18, 8)) as rate
    from {{ ref('exchange_rates') }}

),

united as (

    select
        channel,
        rate_day,
        currency,
        into_currency,
        rate
    from from_channels
    union all
    select * from rules

),

-- a rate of the seed wins over one that a channel brings
daily as (

    select
        rate_day,
        upper(trim(currency)) as currency,
        upper(trim(into_currency)) as into_currency,
        rate
    from united
    where rate > 0 and rate_day is not null
    qualify
        row_number() over (
            partition by rate_day, upper(trim(currency)), upper(trim(into_currency))
            order by case when channel = 'seed' then 0 else 1 end, channel, rate
        ) = 1

),

final as (

    select
        currency,
        into_currency,
        rate,
        rate_day as valid_from,
        least(
            {{ add_days('rate_day', var('exchange_rate_max_age_days', 7)) }},
            {{ add_days('coalesce(lead(rate_day) over (partition by currency, into_currency order by rate_day), '
                ~ "cast('9999-12-30' as date))", -1) }}
        ) as valid_to
    from daily

)

select * from final
