with source as (

    {{ newest('operations', 'campaigns', key=['campaign_id', 'version'], newest_by='updated_at') }}

),

final as (

    select
        campaign_id,
        version,
        name_zh,
        name_en,
        segment,
        purpose,
        cap_class,
        occurrence,
        goal,
        -- rows of before there were journeys
        coalesce(kind, 'campaign') as kind,
        owner,
        weekdays,
        is_active,
        status,
        holdout_percent,
        priority,
        goal_window_days,
        expected_value,
        budget,
        total_budget,
        daily_limit,
        offer_stock,
        offer_cost,
        starts_on,
        ends_on,
        offer_ends_on,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
