{{ kept_by('source_profile_id', affected='int_changed_interactions') }}

with interactions as (

    select * from {{ ref('int_interactions') }}

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
    where
        source_profile_id is not null
        and is_inbound
        and {{ among_affected('source_profile_id') }}
    group by source_profile_id, channel, interaction_day

)

select * from final
