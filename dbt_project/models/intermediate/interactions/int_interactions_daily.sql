{{ kept_by('source_profile_id', affected='int_changed_interactions') }}

with interactions as (

    select * from {{ ref('int_interactions') }}

),

-- opting out of messages is no engagement: the customer did it, and it keeps nobody active
kinds as (

    select * from {{ ref('interaction_titles') }}

),

final as (

    select
        source_profile_id,
        channel,
        cast(count(*) as bigint) as interactions,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at,
        max(refreshed_at) as refreshed_at,
        interaction_day
    from interactions
    left join kinds on interactions.kind = kinds.kind
    where
        source_profile_id is not null
        and is_inbound
        and coalesce(kinds.is_activity, true)
        and {{ among_affected('source_profile_id') }}
    group by source_profile_id, channel, interaction_day

)

select * from final
