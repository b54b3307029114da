{{ kept_by('customer_id') }}

with customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where is_profile and {{ among_affected('customer_id') }}

),

channel_trust as (

    select * from {{ ref('channel_trust') }}

),

-- a channel that says nothing of changes changed its record when it made it
dated as (

    select
        customer_profiles.customer_id,
        customer_profiles.source_profile_id,
        customer_profiles.channel,
        coalesce(channel_trust.trust_rank, 1000) as trust_rank,
        customer_profiles.registered_at,
        {{ change_order('coalesce(customer_profiles.updated_at, customer_profiles.registered_at)') }} as changed_at
    from customer_profiles
    left join channel_trust on customer_profiles.channel = channel_trust.channel

),

final as (

    select
        customer_id,
        source_profile_id,
        channel,
        cast(row_number() over (
            partition by customer_id
            order by trust_rank, changed_at desc nulls last, source_profile_id
        ) as bigint) as trusted_position,
        cast(row_number() over (
            partition by customer_id
            order by changed_at desc nulls last, trust_rank, source_profile_id
        ) as bigint) as recent_position,
        cast(row_number() over (
            partition by customer_id
            order by registered_at nulls last, source_profile_id
        ) as bigint) as seniority
    from dated

)

select * from final
