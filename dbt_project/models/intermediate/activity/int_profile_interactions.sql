{{ kept_by('source_profile_id', affected='affected_profiles', whole_each_month=true) }}

with interactions_daily as (

    select * from {{ ref('int_interactions_daily') }}
    where interaction_day <= {{ as_of() }} and {{ among_affected('source_profile_id') }}

),

final as (

    select
        source_profile_id,
        channel,
        cast(sum(interactions) as bigint) as interactions_count,
        {%- for point in grid_points() %}
        cast(coalesce(sum(case
            when {{ in_last_days('interaction_day', var('interaction_window_days', 30), grid_date(point)) }}
                then interactions
        end), 0) as bigint) as interactions_30d_month_{{ point }},
        {%- endfor %}
        {%- for point in grid_points() %}
        max(case when {{ in_grid_cell('interaction_day', point) }} then interaction_day end)
            as last_interaction_day_month_{{ point }},
        {%- endfor %}
        min(first_occurred_at) as first_interaction_at,
        max(last_occurred_at) as last_interaction_at
    from interactions_daily
    group by source_profile_id, channel

)

select * from final
