with campaigns as (

    select * from {{ ref('stg_operations__campaigns') }}

),

final as (

    select
        campaign_id,
        version,
        step,
        name_zh,
        name_en,
        segment,
        channels,
        destinations,
        purpose,
        template,
        holdout_percent,
        cap_class,
        priority,
        occurrence,
        goal,
        goal_window_days,
        is_active,
        updated_at
    from campaigns

)

select * from final
