with activity as (

    select * from {{ ref('int_customer_totals') }}

),

history as (

    select * from {{ ref('customer_lifecycle_history') }}
    where is_current

),

rules as (

    {{ thresholds(['new_days', 'active_interactions', 'purchase_days', 'dormant_days', 'churned_days']) }}

),

measured as (

    select
        activity.customer_id,
        history.stage,
        history.previous_stage,
        {{ days_between('activity.first_purchase_at', as_of()) }} as days_since_first_purchase,
        {{ days_between('activity.last_purchase_at', as_of()) }} as days_since_purchase,
        {{ days_between('activity.last_interaction_at', as_of()) }} as days_since_interaction,
        {{ days_between('activity.registered_at', as_of()) }} as days_since_registration,
        cast(activity.interactions_30d as int) as interactions_30d,
        history.valid_from as stage_since
    from activity
    inner join history on activity.customer_id = history.customer_id

),

explained as (

    select
        measured.*,
        case
            when measured.days_since_first_purchase < rules.new_days
                then '首次购买距今 ' || cast(measured.days_since_first_purchase as string) || ' 天'
            when measured.stage = 'new' then '注册距今 ' || cast(measured.days_since_registration as string) || ' 天'
            when measured.days_since_purchase is null then '从未购买'
            else '最近购买距今 ' || cast(measured.days_since_purchase as string) || ' 天'
        end as purchase_zh,
        case
            when measured.days_since_first_purchase < rules.new_days
                then 'first purchase ' || cast(measured.days_since_first_purchase as string) || ' days ago'
            when measured.stage = 'new'
                then 'registered ' || cast(measured.days_since_registration as string) || ' days ago'
            when measured.days_since_purchase is null then 'never bought'
            else 'last purchase ' || cast(measured.days_since_purchase as string) || ' days ago'
        end as purchase_en,
        case
            when measured.days_since_interaction is null then '没有互动'
            else '最近互动距今 ' || cast(measured.days_since_interaction as string) || ' 天'
        end as interaction_zh,
        case
            when measured.days_since_interaction is null then 'no interaction'
            else 'last interaction ' || cast(measured.days_since_interaction as string) || ' days ago'
        end as interaction_en,
        cast(cast(rules.new_days as int) as string) as new_days,
        cast(cast(rules.active_interactions as int) as string) as active_interactions,
        cast(cast(rules.purchase_days as int) as string) as purchase_days,
        cast(cast(rules.dormant_days as int) as string) as dormant_days,
        cast(cast(rules.churned_days as int) as string) as churned_days,
        measured.days_since_purchase < rules.purchase_days as is_recent_buyer
    from measured
    cross join rules

),

final as (

    select
        customer_id,
        stage,
        previous_stage,
        case stage
            when 'new' then purchase_zh || '，在 ' || new_days || ' 天内'
            when 'prospect' then '已知客户，从未购买'
            when 'churned' then purchase_zh || '，' || interaction_zh || '，均不少于 ' || churned_days || ' 天'
            when 'dormant' then purchase_zh || '，' || interaction_zh || '，均不少于 ' || dormant_days || ' 天'
            when 'active'
                then '近 30 天互动 ' || cast(interactions_30d as string) || ' 次（不少于 ' || active_interactions || ' 次），'
                    || purchase_zh || '，在 ' || purchase_days || ' 天内'
            else purchase_zh || '，' || interaction_zh
                || case
                    when is_recent_buyer then '，' || purchase_days || ' 天内购买过，但不够活跃'
                    else '，' || dormant_days || ' 天内仍有互动'
                end
        end as reason_zh,
        case stage
            when 'new' then purchase_en || ', within ' || new_days || ' days'
            when 'prospect' then 'known, never bought'
            when 'churned' then purchase_en || ', ' || interaction_en || ', both at least ' || churned_days || ' days'
            when 'dormant' then purchase_en || ', ' || interaction_en || ', both at least ' || dormant_days || ' days'
            when 'active'
                then cast(interactions_30d as string) || ' interactions in 30 days (at least ' || active_interactions
                    || '), ' || purchase_en || ', within ' || purchase_days || ' days'
            else purchase_en || ', ' || interaction_en
                || case
                    when is_recent_buyer then ': bought within ' || purchase_days || ' days but not active'
                    else ': still in touch within ' || dormant_days || ' days'
                end
        end as reason_en,
        days_since_purchase,
        days_since_interaction,
        days_since_registration,
        interactions_30d,
        stage_since,
        {{ as_of() }} as as_of
    from explained

)

select * from final
