with arms as (

    select * from {{ ref('campaign_arms') }}

),

sums as (

    select * from {{ ref('campaign_arm_metrics') }}
    where metric in ('converted', 'revenue') and units > 0

),

versions as (

    select
        campaign_id,
        campaign_version,
        bool_or(open_customers > 0) as is_open,
        bool_or(is_goal_of_messages) as is_goal_of_messages
    from arms
    group by campaign_id, campaign_version

),

-- each variant, and all of them together as *; only messages can bring such a goal about: the hold-out is no comparison
addressed as (

    select
        sums.campaign_id,
        sums.campaign_version,
        sums.metric,
        sums.arm as variant,
        sums.units,
        sums.mean,
        sums.squares
    from sums
    inner join versions
        on sums.campaign_id = versions.campaign_id
        and sums.campaign_version = versions.campaign_version
    where sums.arm <> 'holdout' and not (sums.metric = 'converted' and versions.is_goal_of_messages)

),

means as (

    select
        campaign_id,
        campaign_version,
        metric,
        sum(units) as units,
        {{ in_order('sum', ['units * mean']) }} / sum(units) as mean
    from addressed
    group by campaign_id, campaign_version, metric

),

together as (

    select
        addressed.campaign_id,
        addressed.campaign_version,
        addressed.metric,
        '*' as variant,
        means.units,
        means.mean,
        {{ in_order('sum', ['addressed.squares + addressed.units * pow(addressed.mean - means.mean, 2)']) }} as squares
    from addressed
    inner join means
        on addressed.campaign_id = means.campaign_id
        and addressed.campaign_version = means.campaign_version
        and addressed.metric = means.metric
    group by addressed.campaign_id, addressed.campaign_version, addressed.metric, means.units, means.mean

),

variants as (

    select * from addressed
    union all
    select * from together

),

compared as (

    select
        variants.*,
        versions.is_open,
        sums.is_share,
        sums.units as control_units,
        sums.mean as control_mean,
        sums.squares as control_squares,
        variants.units + sums.units as all_units,
        variants.mean - sums.mean as difference,
        least(variants.units, sums.units) as fewest_units,
        {{ ratio('variants.units * variants.mean + sums.units * sums.mean', 'variants.units + sums.units') }}
            as pooled_share,
        {{ ratio('variants.units * variants.mean + 1', 'variants.units + 2') }} as padded_share,
        {{ ratio('sums.units * sums.mean + 1', 'sums.units + 2') }} as padded_control
    from variants
    inner join versions
        on variants.campaign_id = versions.campaign_id
        and variants.campaign_version = versions.campaign_version
    inner join sums
        on variants.campaign_id = sums.campaign_id
        and variants.campaign_version = sums.campaign_version
        and variants.metric = sums.metric
        and sums.arm = 'holdout'

),

-- shares: with fewer than 5 expected yes or no the interval of Agresti and Caffo, with more that of Wald; means: Welch
judged as (

    select
        *,
        is_share and fewest_units * least(pooled_share, 1 - pooled_share) < 5 as is_of_few,
        case
            when is_share then {{ ratio('mean * (1 - mean)', 'units') }}
            else {{ ratio('squares', 'units - 1') }} / units
        end as error,
        case
            when is_share then {{ ratio('control_mean * (1 - control_mean)', 'control_units') }}
            else {{ ratio('control_squares', 'control_units - 1') }} / control_units
        end as control_error,
        {{ ratio('padded_share * (1 - padded_share)', 'units + 2') }}
        + {{ ratio('padded_control * (1 - padded_control)', 'control_units + 2') }} as padded_error
    from compared

),

spread as (

    select
        *,
        case
            when is_of_few and is_open then cast(null as double)
            when is_of_few then padded_error
            when not is_share and fewest_units < case when is_open then 30 else 2 end then cast(null as double)
            else nullif(error + control_error, 0)
        end as squared_error,
        pow(error + control_error, 2)
        / nullif(pow(error, 2) / nullif(units - 1, 0) + pow(control_error, 2) / nullif(control_units - 1, 0), 0)
            as freedom
    from judged

),

reached as (

    select
        *,
        case when is_of_few then padded_share - padded_control else difference end as middle,
        sqrt(squared_error)
        * case
            when is_open then {{ sequence_reach('all_units') }}
            when is_share then 1.959963984540054
            else {{ student_reach('freedom') }}
        end as reach
    from spread

),

final as (

    select
        campaign_id,
        variant,
        metric,
        is_open,
        cast(campaign_version as int) as campaign_version,
        cast(units as int) as customers,
        cast(control_units as int) as holdout_customers,
        mean,
        control_mean as holdout_mean,
        case when reach is not null then units * difference end as increment,
        case when is_of_few and middle - reach < -1 then -units else units * (middle - reach) end as increment_low,
        case when is_of_few and middle + reach > 1 then units else units * (middle + reach) end as increment_high,
        {{ as_of() }} as as_of
    from reached

)

select * from final
