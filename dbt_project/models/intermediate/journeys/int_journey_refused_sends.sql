{#- What the plan could not send, or held out, of those who stand at a step of a journey that sends: the next build
    reads it. Like the log it only grows. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', tags=['history'], meta={'grows_by': 'change_no', 'published_only': true}
) }}

with campaign_plan as (

    select * from {{ ref('campaign_plan') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}
    where kind = 'journey'

),

-- refused on all its channels, or held out: nothing will be sent, however long it waits
refused as (

    select
        campaign_plan.occurrence as run_id,
        campaign_plan.campaign_version as version,
        campaign_plan.step as message,
        case
            when bool_or(campaign_plan.reason = 'holdout') then 'holdout' else min(campaign_plan.reason)
        end as reason
    from campaign_plan
    inner join campaigns on campaign_plan.campaign_id = campaigns.campaign_id
    where campaign_plan.is_approved
    group by campaign_plan.occurrence, campaign_plan.campaign_version, campaign_plan.step
    having
        count(*) = count(case when campaign_plan.decision = 'refuse' or campaign_plan.reason = 'holdout' then 1 end)

),

last_change as (
    {% if is_incremental() %}
    select coalesce(max(change_no), 0) as change_no from {{ this }}
    {% else %}
    select 0 as change_no
    {% endif %}
),

final as (

    select
        refused.run_id,
        refused.version,
        refused.message,
        refused.reason,
        cast(last_change.change_no + 1 as bigint) as change_no,
        {{ as_of() }} as refused_on
    from refused
    cross join last_change
    {%- if is_incremental() %}
    left join {{ this }} as registered
        on refused.run_id = registered.run_id
        and refused.version = registered.version
        and refused.message = registered.message
    where registered.run_id is null
    {%- endif %}

)

select * from final
