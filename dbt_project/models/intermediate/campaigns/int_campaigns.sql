with campaigns as (

    select * from {{ ref('stg_operations__campaigns') }}

),

final as (

    select
        campaign_id,
        cast(version as int) as version,
        cast(step as int) as step,
        name_zh,
        name_en,
        segment,
        channels,
        destinations,
        purpose,
        template,
        holdout_percent,
        cap_class,
        cast(priority as int) as priority,
        occurrence,
        goal,
        goal_window_days,
        is_active,
        updated_at
    from campaigns
    qualify row_number() over (partition by campaign_id order by updated_at desc, version desc, step desc) = 1

)

select * from final
