with campaigns as (

    select * from {{ ref('stg_operations__campaigns') }}

),

cap_classes as (

    select distinct cap_class from {{ ref('frequency_caps') }}

),

newest as (

    select * from campaigns
    qualify row_number() over (partition by campaign_id order by updated_at desc, version desc) = 1

),

final as (

    select
        newest.campaign_id,
        cast(version as int) as version,
        name_zh,
        name_en,
        kind,
        segment,
        purpose,
        holdout_percent,
        -- a class without caps of its own counts as marketing: nothing is uncapped by a spelling mistake
        coalesce(cap_classes.cap_class, 'marketing') as cap_class,
        cast(priority as int) as priority,
        occurrence,
        goal,
        goal_window_days,
        owner,
        expected_value,
        budget,
        cast(daily_limit as int) as daily_limit,
        cast(offer_stock as int) as offer_stock,
        starts_on,
        ends_on,
        weekdays,
        offer_ends_on,
        coalesce(starts_on <= {{ as_of() }}, true)
        and coalesce(ends_on >= {{ as_of() }}, true)
        and coalesce(
            weekdays like '%' || substr('montuewedthufrisatsun', 3 * {{ weekday_number(as_of()) }} - 2, 3) || '%', true
        ) as is_in_schedule,
        coalesce(offer_ends_on >= {{ as_of() }}, true) as is_offer_valid,
        is_active,
        -- what does not say that it is approved is a draft
        coalesce(status = 'approved', false) as is_approved,
        updated_at
    from newest
    left join cap_classes on newest.cap_class = cap_classes.cap_class

)

select * from final
