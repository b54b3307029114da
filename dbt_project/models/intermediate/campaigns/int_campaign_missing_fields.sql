{{ config(schema='intermediate', access='protected') }}

with campaigns as (

    select * from {{ ref('int_campaigns') }}
    where is_active

),

campaign_fields as (

    select * from {{ ref('stg_operations__campaign_fields') }}
    where is_active

),

recipients as (

    select * from {{ ref('int_campaign_recipients') }}

),

catalogue as (

    select * from {{ ref('template_fields') }}

),

needed as (

    select
        campaigns.campaign_id,
        campaign_fields.step,
        campaign_fields.channel,
        campaign_fields.variant,
        campaign_fields.field,
        -- what the catalogue does not have (any more) is known of nobody
        catalogue.field is null as is_unknown
    from campaigns
    inner join campaign_fields
        on campaigns.campaign_id = campaign_fields.campaign_id
        and campaigns.version = campaign_fields.version
    left join catalogue on campaign_fields.field = catalogue.field

),

-- customers lack their fields in few different ways
lacking as (

    select distinct missing_fields from recipients

),

final as (

    select distinct
        needed.campaign_id,
        cast(needed.step as int) as step,
        needed.channel,
        needed.variant,
        lacking.missing_fields
    from needed
    inner join lacking
        on needed.is_unknown or instr(',' || lacking.missing_fields || ',', ',' || needed.field || ',') > 0

)

select * from final
