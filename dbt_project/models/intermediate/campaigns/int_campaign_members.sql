{#- Computed when it is read: most campaigns go to one segment, whose members stand in segment_members already. -#}
{{ config(schema='intermediate', materialized='view', access='protected') }}

with audience as (

    select * from {{ ref('int_campaign_audience') }}

),

segment_members as (

    select * from {{ ref('segment_members') }}

),

customer_tags as (

    select * from {{ ref('customer_tags') }}
    where is_current

),

-- a campaign that names what is not there goes to nobody: what it leaves out cannot be told any more
audiences as (

    select
        campaign_id,
        max(case when side = 'include' and kind = 'segment' then 1 else 0 end) as segments_needed,
        sum(case when side = 'include' and kind = 'tag' then 1 else 0 end) as tags_needed,
        -- one segment and nothing else: its members, as they are
        count(*) = 1 and min(side) = 'include' and min(kind) = 'segment' as is_one_segment
    from audience
    group by campaign_id
    having count(*) = sum(case when is_known then 1 else 0 end)

),

parts as (

    select
        audience.campaign_id,
        audience.side,
        audience.kind,
        audience.name
    from audience
    inner join audiences on audience.campaign_id = audiences.campaign_id
    where not audiences.is_one_segment

),

memberships as (

    select
        parts.campaign_id,
        segment_members.customer_id,
        parts.side,
        parts.kind,
        parts.name
    from parts
    inner join segment_members on parts.kind = 'segment' and parts.name = segment_members.segment
    union all
    select distinct
        parts.campaign_id,
        customer_tags.customer_id,
        parts.side,
        parts.kind,
        parts.name
    from parts
    inner join customer_tags on parts.kind = 'tag' and parts.name = customer_tags.tag

),

counted as (

    select
        campaign_id,
        customer_id,
        max(case when side = 'include' and kind = 'segment' then 1 else 0 end) as segments_met,
        sum(case when side = 'include' and kind = 'tag' then 1 else 0 end) as tags_met,
        sum(case when side = 'exclude' then 1 else 0 end) as exclusions_met
    from memberships
    group by campaign_id, customer_id

),

final as (

    select
        audience.campaign_id,
        segment_members.customer_id
    from audience
    inner join audiences on audience.campaign_id = audiences.campaign_id
    inner join segment_members on audience.name = segment_members.segment
    where audiences.is_one_segment
    union all
    select
        counted.campaign_id,
        counted.customer_id
    from counted
    inner join audiences on counted.campaign_id = audiences.campaign_id
    where
        counted.segments_met = audiences.segments_needed
        and counted.tags_met = audiences.tags_needed
        and counted.exclusions_met = 0

)

select * from final
