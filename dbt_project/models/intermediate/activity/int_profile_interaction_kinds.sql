{{ kept_by('source_profile_id', affected='affected_profiles') }}

with interactions as (

    select * from {{ ref('int_interactions') }}
    where
        source_profile_id is not null
        and interaction_day <= {{ as_of() }}
        and {{ among_affected('source_profile_id') }}

),

final as (

    select
        source_profile_id,
        channel,
        kind,
        is_inbound,
        cast(count(*) as bigint) as interactions,
        {%- for daypart in dayparts() %}
        cast(count(case when {{ in_daypart('occurred_at', daypart) }} then 1 end) as bigint)
            as {{ daypart }}_interactions,
        {%- endfor %}
        cast(count(case when {{ weekday_number('interaction_day') }} >= 6 then 1 end) as bigint)
            as weekend_interactions,
        min(interaction_day) as first_day,
        max(interaction_day) as last_day
    from interactions
    group by source_profile_id, channel, kind, is_inbound

)

select * from final
