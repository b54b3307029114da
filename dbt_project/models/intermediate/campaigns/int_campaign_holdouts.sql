{#- A register that only grows: who was left out of a campaign on purpose can only be seen on the day. -#}
{{
    config(
        schema='intermediate',
        access='protected',
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='fail',
        tags=['history']
    )
}}

with campaign_plan as (

    select * from {{ ref('campaign_plan') }}
    -- a draft leaves nobody out: it sends nothing to compare with
    where is_holdout and is_approved

),

journey_runs as (

    select * from {{ ref('int_journey_runs') }}
    where cause = 'held_out'

),

held_out as (

    select distinct
        campaign_id,
        customer_id,
        campaign_version,
        step,
        occurrence,
        as_of as held_out_on
    from campaign_plan
    union all
    -- of a journey whoever entered and was left out, of all its steps
    select
        journey_runs.journey_id as campaign_id,
        journey_runs.customer_id,
        journey_runs.version as campaign_version,
        0 as step,
        journey_runs.run_id as occurrence,
        cast(journey_runs.entered_at as date) as held_out_on
    from journey_runs

),

final as (

    select held_out.*
    from held_out
    {%- if is_incremental() %}
    left join {{ this }} as registered
        on held_out.campaign_id = registered.campaign_id
        and held_out.customer_id = registered.customer_id
        and held_out.campaign_version = registered.campaign_version
        and held_out.step = registered.step
        and held_out.occurrence = registered.occurrence
    where registered.customer_id is null
    {%- endif %}

)

select * from final
