{{ kept_by('source_profile_id', affected='affected_profiles') }}

with interactions_daily as (

    select * from {{ ref('int_interactions_daily') }}
    where interaction_day <= {{ as_of() }} and {{ among_affected('source_profile_id') }}

),

final as (

    select
        source_profile_id,
        channel,
        cast(sum(interactions) as bigint) as interactions_count,
        cast(coalesce(sum(case
            when {{ in_last_days('interaction_day', var('interaction_window_days', 30), as_of()) }} then interactions
        end), 0) as bigint) as interactions_30d,
        min(first_occurred_at) as first_interaction_at,
        max(last_occurred_at) as last_interaction_at
    from interactions_daily
    group by source_profile_id, channel

)

select * from final
