with campaign_messages as (

    select * from {{ ref('campaign_messages') }}
    where
        counted_as = 'sent'
        and accepted_at < {{ as_of_end() }}
        and {{ in_last_days('cast(accepted_at as date)', var('opt_out_days') + 30, as_of()) }}

),

bands as (

    select * from {{ ref('message_frequency_bands') }}

),

-- how many messages of any campaign the customer had in the 30 days that end with each of them
counted as (

    select
        *,
        count(*) over (
            partition by customer_id
            order by accepted_at range between interval 30 days preceding and current row
        ) as messages_in_30_days
    from campaign_messages

),

summed as (

    select
        bands.band,
        bands.from_messages,
        count(*) as messages,
        count(case when counted.is_unsubscribed then 1 end) as opted_out,
        count(case when counted.is_complained then 1 end) as complained
    from counted
    inner join bands
        on counted.messages_in_30_days >= bands.from_messages
        and (bands.to_messages is null or counted.messages_in_30_days <= bands.to_messages)
    where {{ in_last_days('cast(counted.accepted_at as date)', var('opt_out_days'), as_of()) }}
    group by bands.band, bands.from_messages

),

final as (

    select
        band,
        cast(from_messages as int) as from_messages,
        cast(messages as int) as messages,
        cast(opted_out as int) as opted_out,
        cast(complained as int) as complained,
        {{ ratio('opted_out', 'messages') }} as opted_out_share,
        {{ wilson_bound('opted_out', 'messages', '-') }} as opted_out_low,
        {{ wilson_bound('opted_out', 'messages', '+') }} as opted_out_high,
        {{ ratio('complained', 'messages') }} as complained_share,
        {{ wilson_bound('complained', 'messages', '-') }} as complained_low,
        {{ wilson_bound('complained', 'messages', '+') }} as complained_high,
        {{ as_of() }} as as_of
    from summed

)

select * from final
