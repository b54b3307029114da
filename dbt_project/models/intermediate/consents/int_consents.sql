with united as (
    {{ united('consents', channel_column=none) }}
),

-- one source may hold several answers for one number (two accounts, two leads): a no among them is a no
final as (

    select
        identifier_type,
        identifier_token,
        channel,
        purpose,
        bool_and(granted) as granted,
        source,
        max(changed_at) as changed_at
    from united
    group by identifier_type, identifier_token, channel, purpose, source

)

select * from final
