{#- What one message of each campaign is expected to bring. A measured figure and the stated value are united by how
    sure each is: value = stated + share * (measured - stated), share = stated_error^2 / (stated_error^2 +
    measured_error^2), the mean of a normal prior and a normal reading. -#}
with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

thresholds as (

    {{ thresholds(['planned_message_value', 'stated_value_error', 'measured_value_customers']) }}

),

-- of an earlier day only: what a build finds out never changes the plan of its own day
register as (

    select * from {{ earlier_campaign_values() }} as earlier
    where measured_on < {{ as_of() }}
    qualify row_number() over (partition by campaign_id, campaign_version order by change_no desc) = 1

),

stated as (

    select
        campaigns.campaign_id,
        campaigns.version,
        campaigns.goal,
        campaigns.holdout_percent,
        campaigns.expected_value is not null as is_of_file,
        coalesce(campaigns.expected_value, thresholds.planned_message_value) as stated_value,
        greatest(
            coalesce(campaigns.expected_value, thresholds.planned_message_value), thresholds.stated_value_error
        ) as stated_error,
        thresholds.measured_value_customers as least_customers
    from campaigns
    cross join thresholds

),

-- per message, to a customer of the middle value score: whom a campaign writes to may be worth more than that
measured as (

    select
        stated.campaign_id,
        register.campaign_version,
        register.customers,
        register.holdout_customers,
        register.messages,
        register.measured_on,
        {{ ratio('register.revenue_spread * register.customers * 50', 'register.messages * register.value_score') }}
        * sqrt({{ ratio('1', 'register.customers') }} + {{ ratio('1', 'register.holdout_customers') }})
            as measured_error,
        {{ ratio(
            '(register.revenue_mean - register.holdout_revenue_mean) * register.customers * 50',
            'register.messages * register.value_score'
        ) }} as measured_value,
        case
            when stated.goal not in ('purchase', 'revenue') then 'other_goal'
            when register.holdout_customers = 0 then 'no_holdout'
            when
                register.customers < stated.least_customers or register.holdout_customers < stated.least_customers
                then 'few_customers'
            when register.messages = 0 then 'nothing_sent'
            when coalesce(register.revenue_spread, 0) = 0 then 'no_purchases'
            when coalesce(register.value_score, 0) = 0 then 'no_value_scores'
            else 'measured'
        end as basis
    from stated
    inner join register
        on stated.campaign_id = register.campaign_id
        and stated.version >= register.campaign_version

),

-- the newest version that says something; where none does, why the newest one does not
newest as (

    select * from measured
    qualify row_number() over (
        partition by campaign_id order by case when basis = 'measured' then 0 else 1 end, campaign_version desc
    ) = 1

),

united as (

    select
        stated.*,
        newest.campaign_version as measured_version,
        newest.customers,
        newest.holdout_customers,
        newest.messages,
        newest.measured_on,
        case
            when newest.basis is not null then newest.basis
            when stated.goal not in ('purchase', 'revenue') then 'other_goal'
            when coalesce(stated.holdout_percent, 0) = 0 then 'no_holdout'
            else 'not_measured_yet'
        end as basis,
        case when newest.basis = 'measured' then newest.measured_value end as measured_value,
        case when newest.basis = 'measured' then newest.measured_error end as measured_error,
        case
            when newest.basis = 'measured'
                then {{ ratio(
                    'stated.stated_error * stated.stated_error',
                    'stated.stated_error * stated.stated_error + newest.measured_error * newest.measured_error'
                ) }}
            else 0
        end as measured_share
    from stated
    left join newest on stated.campaign_id = newest.campaign_id

),

final as (

    select
        campaign_id,
        basis,
        is_of_file,
        cast(measured_version as int) as measured_version,
        cast(customers as int) as customers,
        cast(holdout_customers as int) as holdout_customers,
        cast(messages as int) as messages,
        cast(
            stated_value + coalesce(measured_share * (measured_value - stated_value), 0) as double
        ) as value_per_message,
        cast(stated_value as double) as stated_value,
        cast(stated_error as double) as stated_error,
        measured_value,
        measured_error,
        cast(measured_share as double) as measured_share,
        measured_on
    from united

)

select * from final
