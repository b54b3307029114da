with steps as (

    select * from {{ ref('int_journey_steps') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}
    where kind = 'journey'

),

transitions as (

    select * from {{ ref('journey_transitions') }}

),

runs as (

    select * from {{ ref('journey_runs') }}

),

arrivals as (

    select
        journey_id,
        version,
        to_step as step,
        count(distinct run_id) as reached
    from transitions
    group by journey_id, version, to_step

),

departures as (

    select
        journey_id,
        version,
        from_step as step,
        count(distinct case when to_step <> 'exit' then run_id end) as gone_on,
        count(distinct case when to_step = 'exit' then run_id end) as ended
    from transitions
    group by journey_id, version, from_step

),

stands as (

    select
        journey_id,
        version,
        step,
        count(*) as standing
    from runs
    where is_live
    group by journey_id, version, step

),

final as (

    select
        steps.journey_id,
        steps.step,
        campaigns.name_zh as journey_zh,
        campaigns.name_en as journey_en,
        steps.kind,
        steps.about,
        steps.then_step,
        steps.else_step,
        campaigns.version = steps.version as is_newest,
        steps.version,
        steps.position,
        steps.wait_days,
        cast(coalesce(arrivals.reached, 0) as int) as reached,
        cast(coalesce(stands.standing, 0) as int) as standing,
        cast(coalesce(departures.gone_on, 0) as int) as gone_on,
        cast(coalesce(departures.ended, 0) as int) as ended,
        {{ as_of() }} as as_of
    from steps
    inner join campaigns on steps.journey_id = campaigns.campaign_id
    left join arrivals
        on steps.journey_id = arrivals.journey_id and steps.version = arrivals.version and steps.step = arrivals.step
    left join departures
        on steps.journey_id = departures.journey_id
        and steps.version = departures.version
        and steps.step = departures.step
    left join stands
        on steps.journey_id = stands.journey_id and steps.version = stands.version and steps.step = stands.step

)

select * from final
