with suppressions as (

    select * from {{ ref('stg_operations__suppressions') }}
    where is_active and created_at < {{ as_of_end() }}

),

message_channels as (

    select * from {{ ref('message_channels') }}

),

suppression_reasons as (

    select * from {{ ref('suppression_reasons') }}

),

-- '*' closes every channel, and so does erasure
closed as (

    select
        suppressions.identifier_type,
        suppressions.identifier_token,
        message_channels.channel,
        suppressions.reason,
        coalesce(suppression_reasons.scope, 'person') as scope,
        suppressions.created_at
    from suppressions
    inner join message_channels
        on suppressions.channel = message_channels.channel
        or suppressions.channel = '*'
        or suppressions.reason = 'erased'
    left join suppression_reasons on suppressions.reason = suppression_reasons.reason

),

final as (

    select
        identifier_type,
        identifier_token,
        channel,
        {{ joined_text('reason') }} as reason,
        case when bool_or(scope = 'person') then 'person' else 'address' end as scope,
        bool_or(reason = 'erased') as is_erased,
        min(created_at) as created_at
    from closed
    group by identifier_type, identifier_token, channel

)

select * from final
