-- Written by `guanxi metrics compile` from the definitions beside it, dd680190addbc814. Change those, not this file.
with metric_days as (

    select * from {{ ref('metric_days') }}

),

business_days as (

    with sma_10001_cte as (
      select
        date_trunc('month', metric_date) as metric_time__month
        , complaints as __complaints
        , interactions as __interactions
        , net_revenue as __net_revenue
        , new_customers as __new_customers
        , orders as __orders
        , refunded_amount as __refunded_amount
        , tickets as __tickets
      from {{ ref('daily_channel_metrics') }} business_days_src_10000
    )

    select
      coalesce(subq_5.metric_time__month, subq_11.metric_time__month) as metric_time__month
      , max(cast(subq_5.net_revenue as double) / cast(nullif(subq_5.orders, 0) as double)) as average_order_value
      , max(cast(subq_5.complaints as double) / cast(nullif(subq_5.tickets, 0) as double)) as complaint_rate
      , max(subq_11.complaints) as complaints
      , max(subq_11.interactions) as interactions
      , max(subq_11.net_revenue) as net_revenue
      , max(subq_11.new_customers) as new_customers
      , max(subq_11.orders) as orders
      , max(subq_11.refunded_amount) as refunded_amount
      , max(subq_11.tickets) as tickets
    from (
      select
        metric_time__month
        , sum(__net_revenue) as net_revenue
        , sum(__orders) as orders
        , sum(__complaints) as complaints
        , sum(__tickets) as tickets
      from sma_10001_cte
      group by
        metric_time__month
    ) subq_5
    full outer join (
      select
        metric_time__month
        , sum(__complaints) as complaints
        , sum(__interactions) as interactions
        , sum(__net_revenue) as net_revenue
        , sum(__new_customers) as new_customers
        , sum(__orders) as orders
        , sum(__refunded_amount) as refunded_amount
        , sum(__tickets) as tickets
      from sma_10001_cte
      group by
        metric_time__month
    ) subq_11
    on
      subq_5.metric_time__month = subq_11.metric_time__month
    group by
      coalesce(subq_5.metric_time__month, subq_11.metric_time__month)

),

customer_days as (

    select
      metric_time__month
      , count(distinct __active_customers) as active_customers
      , count(distinct __buyers) as buyers
    from (
      select
        date_trunc('month', activity_day) as metric_time__month
        , case when interactions > 0 or purchases > 0 then customer_id end as __active_customers
        , case when orders > 0 then customer_id end as __buyers
      from {{ ref('customer_daily_activity') }} customer_days_src_10000
    ) subq_3
    group by
      metric_time__month

),

feedback_days as (

    with sma_10003_cte as (
      select
        date_trunc('month', feedback_day) as metric_time__month
        , attended as __attended
        , case when metric = 'ces' then answers else 0 end as __ces_answers
        , case when metric = 'ces' then score_total else 0 end as __ces_total
        , case when metric = 'csat' then answers else 0 end as __csat_answers
        , case when metric = 'csat' then score_total else 0 end as __csat_total
        , judged_answers as __judged_answers
        , negative_answers as __negative_answers
        , case when metric = 'nps' then answers else 0 end as __nps_answers
        , promoters - detractors as __nps_balance
        , case when kind = 'activity' then entries else 0 end as __registrations
      from {{ ref('daily_feedback') }} feedback_days_src_10000
    )

    select
      coalesce(subq_5.metric_time__month, subq_11.metric_time__month) as metric_time__month
      , max(subq_5.attended) as attended
      , max(subq_5.ces_answers) as ces_answers
      , max(subq_5.csat_answers) as csat_answers
      , max(subq_5.negative_answers) as negative_answers
      , max(subq_5.nps_answers) as nps_answers
      , max(subq_5.registrations) as registrations
      , max(subq_11.ces) as ces
      , max(subq_11.csat) as csat
      , max(subq_11.negative_rate) as negative_rate
      , max(subq_11.nps) as nps
      , max(subq_11.participation_rate) as participation_rate
    from (
      select
        metric_time__month
        , sum(__attended) as attended
        , sum(__ces_answers) as ces_answers
        , sum(__csat_answers) as csat_answers
        , sum(__negative_answers) as negative_answers
        , sum(__nps_answers) as nps_answers
        , sum(__registrations) as registrations
      from sma_10003_cte
      group by
        metric_time__month
    ) subq_5
    full outer join (
      select
        metric_time__month
        , cast(ces_total as double) / cast(nullif(ces_answers, 0) as double) as ces
        , cast(csat_total as double) / cast(nullif(csat_answers, 0) as double) as csat
        , cast(negative_answers as double) / cast(nullif(judged_answers, 0) as double) as negative_rate
        , 100.0 * nps_balance / nullif(nps_answers, 0) as nps
        , cast(attended as double) / cast(nullif(registrations, 0) as double) as participation_rate
      from (
        select
          metric_time__month
          , sum(__ces_total) as ces_total
          , sum(__ces_answers) as ces_answers
          , sum(__csat_total) as csat_total
          , sum(__csat_answers) as csat_answers
          , sum(__negative_answers) as negative_answers
          , sum(__judged_answers) as judged_answers
          , sum(__nps_balance) as nps_balance
          , sum(__nps_answers) as nps_answers
          , sum(__attended) as attended
          , sum(__registrations) as registrations
        from sma_10003_cte
        group by
          metric_time__month
      ) subq_10
    ) subq_11
    on
      subq_5.metric_time__month = subq_11.metric_time__month
    group by
      coalesce(subq_5.metric_time__month, subq_11.metric_time__month)

),

messages as (

    with sma_10004_cte as (
      select
        date_trunc('month', cast(accepted_at as date)) as metric_time__month
        , converted_revenue as __converted_revenue
        , case when is_clicked then 1 else 0 end as __messages_clicked
        , case when is_converted then 1 else 0 end as __messages_converted
        , case when is_delivered then 1 else 0 end as __messages_delivered
        , case when is_opened then 1 else 0 end as __messages_opened
        , case when counted_as = 'sent' then 1 else 0 end as __messages_sent
        , case when is_unsubscribed then 1 else 0 end as __messages_unsubscribed
      from {{ ref('campaign_messages') }} messages_src_10000
    )

    select
      coalesce(subq_5.metric_time__month, subq_11.metric_time__month) as metric_time__month
      , max(cast(subq_5.messages_clicked as double) / cast(nullif(subq_5.messages_sent, 0) as double)) as click_rate
      , max(cast(subq_5.messages_converted as double) / cast(nullif(subq_5.messages_sent, 0) as double)) as conversion_rate
      , max(cast(subq_5.messages_delivered as double) / cast(nullif(subq_5.messages_sent, 0) as double)) as delivery_rate
      , max(cast(subq_5.messages_opened as double) / cast(nullif(subq_5.messages_sent, 0) as double)) as open_rate
      , max(cast(subq_5.messages_unsubscribed as double) / cast(nullif(subq_5.messages_sent, 0) as double)) as unsubscribe_rate
      , max(subq_11.converted_revenue) as converted_revenue
      , max(subq_11.messages_clicked) as messages_clicked
      , max(subq_11.messages_converted) as messages_converted
      , max(subq_11.messages_delivered) as messages_delivered
      , max(subq_11.messages_opened) as messages_opened
      , max(subq_11.messages_sent) as messages_sent
      , max(subq_11.messages_unsubscribed) as messages_unsubscribed
    from (
      select
        metric_time__month
        , sum(__messages_clicked) as messages_clicked
        , sum(__messages_sent) as messages_sent
        , sum(__messages_converted) as messages_converted
        , sum(__messages_delivered) as messages_delivered
        , sum(__messages_opened) as messages_opened
        , sum(__messages_unsubscribed) as messages_unsubscribed
      from sma_10004_cte
      group by
        metric_time__month
    ) subq_5
    full outer join (
      select
        metric_time__month
        , sum(__converted_revenue) as converted_revenue
        , sum(__messages_clicked) as messages_clicked
        , sum(__messages_converted) as messages_converted
        , sum(__messages_delivered) as messages_delivered
        , sum(__messages_opened) as messages_opened
        , sum(__messages_sent) as messages_sent
        , sum(__messages_unsubscribed) as messages_unsubscribed
      from sma_10004_cte
      group by
        metric_time__month
    ) subq_11
    on
      subq_5.metric_time__month = subq_11.metric_time__month
    group by
      coalesce(subq_5.metric_time__month, subq_11.metric_time__month)

),

repurchase_months as (

    with sma_10005_cte as (
      select
        date_trunc('month', month) as metric_time__month
        , buyers as __kept_buyers
        , repeat_buyers as __repeat_buyers
      from {{ ref('monthly_repurchase') }} repurchase_months_src_10000
    )

    select
      coalesce(subq_5.metric_time__month, subq_10.metric_time__month) as metric_time__month
      , max(subq_5.kept_buyers) as kept_buyers
      , max(subq_5.repeat_buyers) as repeat_buyers
      , max(cast(subq_10.repeat_buyers as double) / cast(nullif(subq_10.kept_buyers, 0) as double)) as repurchase_rate
    from (
      select
        metric_time__month
        , sum(__kept_buyers) as kept_buyers
        , sum(__repeat_buyers) as repeat_buyers
      from sma_10005_cte
      group by
        metric_time__month
    ) subq_5
    full outer join (
      select
        metric_time__month
        , sum(__repeat_buyers) as repeat_buyers
        , sum(__kept_buyers) as kept_buyers
      from sma_10005_cte
      group by
        metric_time__month
    ) subq_10
    on
      subq_5.metric_time__month = subq_10.metric_time__month
    group by
      coalesce(subq_5.metric_time__month, subq_10.metric_time__month)

),

snapshot as (

    with sma_10006_cte as (
      select
        date_trunc('day', as_of) as as_of__day
        , date_trunc('month', as_of) as metric_time__month
        , active_customers_30d as __active_customers_30d
        , category_buyers as __category_buyers
        , channels_connected as __channels_connected
        , churned_customers as __churned_customers
        , company_sources as __company_sources
        , core_fields as __core_fields
        , core_fields_known as __core_fields_known
        , cross_category_buyers as __cross_category_buyers
        , customers as __customers
        , dormant_customers as __dormant_customers
        , high_value_customers as __high_value_customers
        , interactions_in_time as __interactions_in_time
        , interactions_settled as __interactions_settled
        , merged_customers as __merged_customers
        , needs_confirmed as __needs_confirmed
        , needs_tested as __needs_tested
        , reachable_customers as __reachable_customers
        , rows_automatic as __rows_automatic
        , rows_loaded as __rows_loaded
        , rows_read as __rows_read
        , sources_connected as __sources_connected
        , open_opportunities as __strategic_opportunities
      from {{ ref('business_snapshots') }} snapshot_src_10000
    )

    select
      coalesce(subq_8.metric_time__month, subq_16.metric_time__month) as metric_time__month
      , max(subq_8.active_customers_30d) as active_customers_30d
      , max(subq_8.channels_connected) as channels_connected
      , max(subq_8.churned_customers) as churned_customers
      , max(subq_8.cross_category_buyers) as cross_category_buyers
      , max(subq_8.customers) as customers
      , max(subq_8.dormant_customers) as dormant_customers
      , max(subq_8.high_value_customers) as high_value_customers
      , max(subq_8.merged_customers) as merged_customers
      , max(subq_8.reachable_customers) as reachable_customers
      , max(subq_8.rows_loaded) as rows_loaded
      , max(subq_8.rows_read) as rows_read
      , max(subq_8.sources_connected) as sources_connected
      , max(subq_8.strategic_opportunities) as strategic_opportunities
      , max(cast(subq_16.active_customers_30d as double) / cast(nullif(subq_16.customers, 0) as double)) as active_share
      , max(cast(subq_16.rows_automatic as double) / cast(nullif(subq_16.rows_loaded, 0) as double)) as automatic_share
      , max(cast(subq_16.churned_customers as double) / cast(nullif(subq_16.customers, 0) as double)) as churned_share
      , max(cast(subq_16.core_fields_known as double) / cast(nullif(subq_16.core_fields, 0) as double)) as core_completeness
      , max(cast(subq_16.cross_category_buyers as double) / cast(nullif(subq_16.category_buyers, 0) as double)) as cross_sell_rate
      , max(cast(subq_16.dormant_customers as double) / cast(nullif(subq_16.customers, 0) as double)) as dormant_share
      , max(cast(subq_16.needs_confirmed as double) / cast(nullif(subq_16.needs_tested, 0) as double)) as need_accuracy
      , max(cast(subq_16.reachable_customers as double) / cast(nullif(subq_16.customers, 0) as double)) as reachable_share
      , max(cast(subq_16.rows_loaded as double) / cast(nullif(subq_16.rows_read, 0) as double)) as row_accuracy
      , max(cast(subq_16.sources_connected as double) / cast(nullif(subq_16.company_sources, 0) as double)) as source_coverage
      , max(cast(subq_16.interactions_in_time as double) / cast(nullif(subq_16.interactions_settled, 0) as double)) as timeliness
    from (
      select
        subq_2.metric_time__month as metric_time__month
        , sum(subq_2.__active_customers_30d) as active_customers_30d
        , sum(subq_2.__channels_connected) as channels_connected
        , sum(subq_2.__churned_customers) as churned_customers
        , sum(subq_2.__cross_category_buyers) as cross_category_buyers
        , sum(subq_2.__customers) as customers
        , sum(subq_2.__dormant_customers) as dormant_customers
        , sum(subq_2.__high_value_customers) as high_value_customers
        , sum(subq_2.__merged_customers) as merged_customers
        , sum(subq_2.__reachable_customers) as reachable_customers
        , sum(subq_2.__rows_loaded) as rows_loaded
        , sum(subq_2.__rows_read) as rows_read
        , sum(subq_2.__sources_connected) as sources_connected
        , sum(subq_2.__strategic_opportunities) as strategic_opportunities
      from (
        select
          as_of__day
          , metric_time__month
          , __active_customers_30d
          , __channels_connected
          , __churned_customers
          , __cross_category_buyers
          , __customers
          , __dormant_customers
          , __high_value_customers
          , __merged_customers
          , __reachable_customers
          , __rows_loaded
          , __rows_read
          , __sources_connected
          , __strategic_opportunities
        from sma_10006_cte
      ) subq_2
      inner join (
        select
          metric_time__month
          , max(as_of__day) as as_of__day__complete
        from sma_10006_cte
        group by
          metric_time__month
      ) subq_4
      on
        subq_2.as_of__day = subq_4.as_of__day__complete
      group by
        subq_2.metric_time__month
    ) subq_8
    full outer join (
      select
        subq_10.metric_time__month as metric_time__month
        , sum(subq_10.__active_customers_30d) as active_customers_30d
        , sum(subq_10.__customers) as customers
        , sum(subq_10.__rows_automatic) as rows_automatic
        , sum(subq_10.__rows_loaded) as rows_loaded
        , sum(subq_10.__churned_customers) as churned_customers
        , sum(subq_10.__core_fields_known) as core_fields_known
        , sum(subq_10.__core_fields) as core_fields
        , sum(subq_10.__cross_category_buyers) as cross_category_buyers
        , sum(subq_10.__category_buyers) as category_buyers
        , sum(subq_10.__dormant_customers) as dormant_customers
        , sum(subq_10.__needs_confirmed) as needs_confirmed
        , sum(subq_10.__needs_tested) as needs_tested
        , sum(subq_10.__reachable_customers) as reachable_customers
        , sum(subq_10.__rows_read) as rows_read
        , sum(subq_10.__sources_connected) as sources_connected
        , sum(subq_10.__company_sources) as company_sources
        , sum(subq_10.__interactions_in_time) as interactions_in_time
        , sum(subq_10.__interactions_settled) as interactions_settled
      from (
        select
          as_of__day
          , metric_time__month
          , __active_customers_30d
          , __category_buyers
          , __churned_customers
          , __company_sources
          , __core_fields
          , __core_fields_known
          , __cross_category_buyers
          , __customers
          , __dormant_customers
          , __interactions_in_time
          , __interactions_settled
          , __needs_confirmed
          , __needs_tested
          , __reachable_customers
          , __rows_automatic
          , __rows_loaded
          , __rows_read
          , __sources_connected
        from sma_10006_cte
      ) subq_10
      inner join (
        select
          metric_time__month
          , max(as_of__day) as as_of__day__complete
        from sma_10006_cte
        group by
          metric_time__month
      ) subq_12
      on
        subq_10.as_of__day = subq_12.as_of__day__complete
      group by
        subq_10.metric_time__month
    ) subq_16
    on
      subq_8.metric_time__month = subq_16.metric_time__month
    group by
      coalesce(subq_8.metric_time__month, subq_16.metric_time__month)

),

tagging as (

    with sma_10007_cte as (
      select
        date_trunc('day', as_of) as tagged_on__day
        , date_trunc('month', as_of) as metric_time__month
        , active_customers as __customers_to_tag
        , well_tagged_active_customers as __well_tagged_customers
      from {{ ref('tag_summary') }} tagging_src_10000
    )

    select
      coalesce(subq_8.metric_time__month, subq_17.metric_time__month) as metric_time__month
      , max(cast(subq_8.well_tagged_customers as double) / cast(nullif(subq_8.customers_to_tag, 0) as double)) as tag_coverage
      , max(subq_17.well_tagged_customers) as well_tagged_customers
    from (
      select
        subq_2.metric_time__month as metric_time__month
        , sum(subq_2.__well_tagged_customers) as well_tagged_customers
        , sum(subq_2.__customers_to_tag) as customers_to_tag
      from (
        select
          tagged_on__day
          , metric_time__month
          , __customers_to_tag
          , __well_tagged_customers
        from sma_10007_cte
      ) subq_2
      inner join (
        select
          metric_time__month
          , max(tagged_on__day) as tagged_on__day__complete
        from sma_10007_cte
        group by
          metric_time__month
      ) subq_4
      on
        subq_2.tagged_on__day = subq_4.tagged_on__day__complete
      group by
        subq_2.metric_time__month
    ) subq_8
    full outer join (
      select
        subq_11.metric_time__month as metric_time__month
        , sum(subq_11.__well_tagged_customers) as well_tagged_customers
      from (
        select
          tagged_on__day
          , metric_time__month
          , __well_tagged_customers
        from sma_10007_cte
      ) subq_11
      inner join (
        select
          metric_time__month
          , max(tagged_on__day) as tagged_on__day__complete
        from sma_10007_cte
        group by
          metric_time__month
      ) subq_13
      on
        subq_11.tagged_on__day = subq_13.tagged_on__day__complete
      group by
        subq_11.metric_time__month
    ) subq_17
    on
      subq_8.metric_time__month = subq_17.metric_time__month
    group by
      coalesce(subq_8.metric_time__month, subq_17.metric_time__month)

),

united as (

    select 'average_order_value' as metric, cast(average_order_value as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'complaint_rate' as metric, cast(complaint_rate as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'complaints' as metric, cast(complaints as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'interactions' as metric, cast(interactions as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'net_revenue' as metric, cast(net_revenue as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'new_customers' as metric, cast(new_customers as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'orders' as metric, cast(orders as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'refunded_amount' as metric, cast(refunded_amount as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'tickets' as metric, cast(tickets as double) as metric_value, cast(metric_time__month as date) as period_start from business_days
    union all
    select 'active_customers' as metric, cast(active_customers as double) as metric_value, cast(metric_time__month as date) as period_start from customer_days
    union all
    select 'buyers' as metric, cast(buyers as double) as metric_value, cast(metric_time__month as date) as period_start from customer_days
    union all
    select 'attended' as metric, cast(attended as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'ces' as metric, cast(ces as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'ces_answers' as metric, cast(ces_answers as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'csat' as metric, cast(csat as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'csat_answers' as metric, cast(csat_answers as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'negative_answers' as metric, cast(negative_answers as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'negative_rate' as metric, cast(negative_rate as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'nps' as metric, cast(nps as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'nps_answers' as metric, cast(nps_answers as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'participation_rate' as metric, cast(participation_rate as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'registrations' as metric, cast(registrations as double) as metric_value, cast(metric_time__month as date) as period_start from feedback_days
    union all
    select 'click_rate' as metric, cast(click_rate as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'conversion_rate' as metric, cast(conversion_rate as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'converted_revenue' as metric, cast(converted_revenue as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'delivery_rate' as metric, cast(delivery_rate as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'messages_clicked' as metric, cast(messages_clicked as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'messages_converted' as metric, cast(messages_converted as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'messages_delivered' as metric, cast(messages_delivered as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'messages_opened' as metric, cast(messages_opened as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'messages_sent' as metric, cast(messages_sent as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'messages_unsubscribed' as metric, cast(messages_unsubscribed as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'open_rate' as metric, cast(open_rate as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'unsubscribe_rate' as metric, cast(unsubscribe_rate as double) as metric_value, cast(metric_time__month as date) as period_start from messages
    union all
    select 'kept_buyers' as metric, cast(kept_buyers as double) as metric_value, cast(metric_time__month as date) as period_start from repurchase_months
    union all
    select 'repeat_buyers' as metric, cast(repeat_buyers as double) as metric_value, cast(metric_time__month as date) as period_start from repurchase_months
    union all
    select 'repurchase_rate' as metric, cast(repurchase_rate as double) as metric_value, cast(metric_time__month as date) as period_start from repurchase_months
    union all
    select 'active_customers_30d' as metric, cast(active_customers_30d as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'active_share' as metric, cast(active_share as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'automatic_share' as metric, cast(automatic_share as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'channels_connected' as metric, cast(channels_connected as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'churned_customers' as metric, cast(churned_customers as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'churned_share' as metric, cast(churned_share as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'core_completeness' as metric, cast(core_completeness as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'cross_category_buyers' as metric, cast(cross_category_buyers as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'cross_sell_rate' as metric, cast(cross_sell_rate as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'customers' as metric, cast(customers as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'dormant_customers' as metric, cast(dormant_customers as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'dormant_share' as metric, cast(dormant_share as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'high_value_customers' as metric, cast(high_value_customers as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'merged_customers' as metric, cast(merged_customers as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'need_accuracy' as metric, cast(need_accuracy as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'reachable_customers' as metric, cast(reachable_customers as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'reachable_share' as metric, cast(reachable_share as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'row_accuracy' as metric, cast(row_accuracy as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'rows_loaded' as metric, cast(rows_loaded as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'rows_read' as metric, cast(rows_read as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'source_coverage' as metric, cast(source_coverage as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'sources_connected' as metric, cast(sources_connected as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'strategic_opportunities' as metric, cast(strategic_opportunities as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'timeliness' as metric, cast(timeliness as double) as metric_value, cast(metric_time__month as date) as period_start from snapshot
    union all
    select 'tag_coverage' as metric, cast(tag_coverage as double) as metric_value, cast(metric_time__month as date) as period_start from tagging
    union all
    select 'well_tagged_customers' as metric, cast(well_tagged_customers as double) as metric_value, cast(metric_time__month as date) as period_start from tagging

),

-- of the first month only a part may be known
final as (

    select
        metric,
        metric_value,
        period_start
    from united
    where
        metric_value is not null
        and period_start >= (select min(metric_days.metric_day) from metric_days)

)

select * from final
