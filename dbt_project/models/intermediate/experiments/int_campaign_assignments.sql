{#- Who was assigned to which arm of a campaign or journey, and since when: chance decides before anything is sent. It
    only grows, since whoever buys or unsubscribes leaves the audience and has to stay in the comparison. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', tags=['history'], meta={'grows_by': 'change_no', 'published_only': true}
) }}

with campaign_plan as (

    select * from {{ ref('campaign_plan') }}
    -- a draft assigns nobody: it sends nothing
    where is_approved

),

plan_reasons as (

    select * from {{ ref('plan_reasons') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

variants as (

    select * from {{ ref('int_campaign_variants') }}

),

journey_log as (

    select * from {{ ref('int_journey_log') }}
    where cause in ('entered', 'held_out') and seen_on <= {{ as_of() }}

),

last_change as (

    {%- if is_incremental() %}
    select coalesce(max(change_no), 0) as change_no from {{ this }}
    {%- else %}
    select 0 as change_no
    {%- endif %}

),

-- a reason that the seed does not list decides nothing: it may be one of those that only one arm can have
deciding as (

    select distinct plan.reasons
    from (select distinct reasons from campaign_plan) as plan
    inner join plan_reasons
        on plan_reasons.decides_assignment
        and instr(',' || plan.reasons || ',', ',' || plan_reasons.reason || ',') > 0

),

-- whoever would have been addressed if chance and the other campaigns had let them: the hold-out by the same rule
addressable as (

    select
        campaign_plan.campaign_id,
        campaign_plan.campaign_version,
        campaign_plan.occurrence,
        campaign_plan.customer_id,
        bool_or(campaign_plan.is_holdout) as is_holdout,
        min(campaign_plan.variant) as variant
    from campaign_plan
    inner join campaigns
        on campaign_plan.campaign_id = campaigns.campaign_id
        and campaigns.kind = 'campaign'
    left join deciding on campaign_plan.reasons = deciding.reasons
    where deciding.reasons is null
    group by
        campaign_plan.campaign_id, campaign_plan.campaign_version, campaign_plan.occurrence, campaign_plan.customer_id

),

-- of a journey whoever entered it, and whoever was held out when they would have
entered as (

    select
        journey_log.journey_id as campaign_id,
        journey_log.version as campaign_version,
        journey_log.run_id as occurrence,
        journey_log.customer_id,
        journey_log.cause = 'held_out' as is_holdout,
        variants.variant,
        cast(journey_log.happened_at as date) as assigned_on
    from journey_log
    inner join campaigns
        on journey_log.journey_id = campaigns.campaign_id
        and journey_log.version = campaigns.version
    left join variants
        on journey_log.journey_id = variants.campaign_id
        and {{ is_drawn(
            'journey_log.customer_id', 'journey_log.journey_id', 'variants.drawn_from', 'variants.drawn_below'
        ) }}

),

assigned as (

    select
        campaign_id,
        campaign_version,
        occurrence,
        customer_id,
        is_holdout,
        variant,
        {{ as_of() }} as assigned_on
    from addressable
    union all
    select
        campaign_id,
        campaign_version,
        occurrence,
        customer_id,
        is_holdout,
        variant,
        assigned_on
    from entered

),

planned as (

    select
        assigned.*,
        case when assigned.is_holdout then 'holdout' else assigned.variant end as arm,
        {{ ratio('campaigns.holdout_percent', '100') }} as holdout_share,
        {{ ratio('variants.drawn_below - variants.drawn_from', '10000') }} as variant_share
    from assigned
    inner join campaigns on assigned.campaign_id = campaigns.campaign_id
    left join variants
        on assigned.campaign_id = variants.campaign_id
        and assigned.variant = variants.variant

),

final as (

    select
        planned.campaign_id,
        planned.customer_id,
        planned.occurrence,
        planned.arm,
        planned.is_holdout,
        cast(planned.campaign_version as int) as campaign_version,
        cast(last_change.change_no + 1 as bigint) as change_no,
        case
            when planned.is_holdout then planned.holdout_share else (1 - planned.holdout_share) * planned.variant_share
        end as planned_share,
        planned.assigned_on
    from planned
    cross join last_change
    {%- if is_incremental() %}
    left join {{ this }} as registered
        on planned.campaign_id = registered.campaign_id
        and planned.campaign_version = registered.campaign_version
        and planned.occurrence = registered.occurrence
        and planned.customer_id = registered.customer_id
        and planned.arm = registered.arm
    {%- endif %}
    where
        planned.arm is not null
        {%- if is_incremental() %}
        and registered.customer_id is null
        {%- endif %}

)

select * from final
