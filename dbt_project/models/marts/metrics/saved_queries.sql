-- Written by `guanxi metrics compile` from the definitions beside it, dd680190addbc814. Change those, not this file.
with final as (

    select 'business_by_month_and_channel' as query, 'select metric_time__month as month, business_day__channel as channel, new_customers, orders, net_revenue, refunded_amount, interactions, complaints
from (
select
  date_trunc(''month'', metric_date) as metric_time__month
  , channel as business_day__channel
  , sum(new_customers) as new_customers
  , sum(orders) as orders
  , sum(net_revenue) as net_revenue
  , sum(refunded_amount) as refunded_amount
  , sum(interactions) as interactions
  , sum(complaints) as complaints
from marts.daily_channel_metrics business_days_src_10000
group by
  date_trunc(''month'', metric_date)
  , channel
) as figures
order by month, channel' as query_sql
    union all
    select 'messages_by_month_and_campaign' as query, 'select metric_time__month as month, message__campaign as campaign, messages_sent, delivery_rate, open_rate, click_rate, conversion_rate, converted_revenue
from (
with sma_10004_cte as (
  select
    date_trunc(''month'', cast(accepted_at as date)) as metric_time__month
    , campaign_id as message__campaign
    , converted_revenue as __converted_revenue
    , case when is_clicked then 1 else 0 end as __messages_clicked
    , case when is_converted then 1 else 0 end as __messages_converted
    , case when is_delivered then 1 else 0 end as __messages_delivered
    , case when is_opened then 1 else 0 end as __messages_opened
    , case when counted_as = ''sent'' then 1 else 0 end as __messages_sent
  from campaigns.campaign_messages messages_src_10000
)

select
  coalesce(subq_5.metric_time__month, subq_10.metric_time__month) as metric_time__month
  , coalesce(subq_5.message__campaign, subq_10.message__campaign) as message__campaign
  , max(subq_5.messages_sent) as messages_sent
  , max(subq_5.converted_revenue) as converted_revenue
  , max(cast(subq_10.messages_delivered as double) / cast(nullif(subq_10.messages_sent, 0) as double)) as delivery_rate
  , max(cast(subq_10.messages_opened as double) / cast(nullif(subq_10.messages_sent, 0) as double)) as open_rate
  , max(cast(subq_10.messages_clicked as double) / cast(nullif(subq_10.messages_sent, 0) as double)) as click_rate
  , max(cast(subq_10.messages_converted as double) / cast(nullif(subq_10.messages_sent, 0) as double)) as conversion_rate
from (
  select
    metric_time__month
    , message__campaign
    , sum(__messages_sent) as messages_sent
    , sum(__converted_revenue) as converted_revenue
  from sma_10004_cte
  group by
    metric_time__month
    , message__campaign
) subq_5
full outer join (
  select
    metric_time__month
    , message__campaign
    , sum(__messages_delivered) as messages_delivered
    , sum(__messages_sent) as messages_sent
    , sum(__messages_opened) as messages_opened
    , sum(__messages_clicked) as messages_clicked
    , sum(__messages_converted) as messages_converted
  from sma_10004_cte
  group by
    metric_time__month
    , message__campaign
) subq_10
on
  (
    subq_5.message__campaign = subq_10.message__campaign
  ) and (
    subq_5.metric_time__month = subq_10.metric_time__month
  )
group by
  coalesce(subq_5.metric_time__month, subq_10.metric_time__month)
  , coalesce(subq_5.message__campaign, subq_10.message__campaign)
) as figures
order by month, campaign' as query_sql

)

select * from final
