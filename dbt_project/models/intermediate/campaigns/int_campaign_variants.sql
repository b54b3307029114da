with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

variants as (

    select * from {{ ref('stg_operations__campaign_variants') }}
    where is_active

),

weighed as (

    select
        campaigns.campaign_id,
        variants.variant,
        variants.weight,
        sum(variants.weight) over (partition by campaigns.campaign_id order by variants.variant) as weight_so_far,
        sum(variants.weight) over (partition by campaigns.campaign_id) as weight_of_all
    from campaigns
    inner join variants
        on campaigns.campaign_id = variants.campaign_id
        and campaigns.version = variants.version

),

-- neighbours share a bound that is rounded once, so that no draw falls between two variants
final as (

    select
        campaign_id,
        variant,
        cast(floor((weight_so_far - weight) * 10000 / weight_of_all) as int) as drawn_from,
        cast(floor(weight_so_far * 10000 / weight_of_all) as int) as drawn_below
    from weighed

)

select * from final
