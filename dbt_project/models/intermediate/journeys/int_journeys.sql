with campaigns as (

    select * from {{ ref('int_campaigns') }}
    where kind = 'journey' and is_active

),

journeys as (

    select * from {{ ref('stg_operations__journeys') }}
    where is_active

),

final as (

    select
        journeys.journey_id,
        cast(journeys.version as int) as version,
        journeys.first_step,
        journeys.entry_segment,
        journeys.entry_event,
        journeys.on_edit,
        journeys.owner,
        journeys.is_concurrent,
        campaigns.is_approved,
        campaigns.priority,
        campaigns.holdout_percent,
        cast(journeys.entry_days as int) as entry_days,
        cast(journeys.reentry_days as int) as reentry_days,
        cast(journeys.valid_days as int) as valid_days,
        journeys.entry_starts_on,
        journeys.entry_ends_on
    from journeys
    inner join campaigns
        on journeys.journey_id = campaigns.campaign_id
        and journeys.version = campaigns.version

)

select * from final
