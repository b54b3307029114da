with campaigns as (

    select * from {{ ref('int_campaigns') }}
    where kind = 'campaign'

),

audience as (

    select * from {{ ref('stg_operations__campaign_audience') }}
    where is_active

),

tags as (

    select distinct tag from {{ ref('int_tags') }}

),

said as (

    select
        campaigns.campaign_id,
        audience.side,
        audience.kind,
        audience.name
    from campaigns
    inner join audience
        on campaigns.campaign_id = audience.campaign_id
        and campaigns.version = audience.version

),

-- campaigns that were registered before audiences were rows go to their segment
united as (

    select * from said
    union all
    select
        campaigns.campaign_id,
        'include' as side,
        'segment' as kind,
        campaigns.segment as name
    from campaigns
    left join said on campaigns.campaign_id = said.campaign_id
    where said.campaign_id is null

),

final as (

    select
        united.campaign_id,
        united.side,
        united.kind,
        united.name,
        case
            when united.kind = 'segment'
                then united.name in (
                    '' {%- for model in segment_models() %}, '{{ model | replace('segment_', '', 1) }}'{% endfor -%}
                ) and united.name <> ''
            else tags.tag is not null
        end as is_known
    from united
    left join tags on united.name = tags.tag

)

select * from final
