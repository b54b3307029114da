-- Part of the peer of the full refresh, after quality_marts.sql in the same session: what could not be counted. Few rows say too
-- little or none, so those are looked for first, and only of them the newest version is found.

create table held_rows as
with words as (
    select word, s.* from read_csv(getvariable('seeds') || '/orders/order_status_words.csv') as w
    inner join read_csv(getvariable('seeds') || '/orders/order_statuses.csv') as s using (status) where w.channel in ('*', 'shop')
),
suspects as materialized (
    select distinct order_id from raw('shop', 'orders') as o left join words on lower(trim(o.status)) = word
    where created_at is null or created_at < timestamp '1980-01-01' or word is null or total_amount is null and is_paid
        or refund_rule = 'stated' and coalesce(refund_amount, 0) = 0 or currency is null and is_paid
),
orders as (
    select * from raw('shop', 'orders') semi join suspects using (order_id)
    qualify row_number() over (partition by order_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
held as (
    select 'shop' as channel, 'orders' as concept, case when created_at is null then 'no_time' when created_at < timestamp '1980-01-01' then 'impossible_time'
            when clean(orders.status) is null then 'no_status' when word is null then 'unknown_status' when total_amount is null and is_paid then 'no_amount'
            when refund_rule = 'stated' and coalesce(refund_amount, 0) = 0 then 'no_refund_amount' when is_paid then 'no_currency' end as reason,
        case reason when 'impossible_time' then created_at::date::varchar when 'unknown_status' then substr(clean(orders.status), 1, 40)
            when 'no_refund_amount' then substr(clean(orders.status), 1, 40) end as value
    from orders left join words on lower(trim(orders.status)) = word
    union all select 'pos', 'orders', 'no_time', null from raw('pos', 'sales') where sold_at is null
    union all
    select 'loyalty', 'points', case when occurred_at is null then 'no_time' when points.word is null then 'no_kind' when known.kind is null then 'unknown_kind' else 'no_amount' end,
        case when known.kind is null then substr(points.word, 1, 40) end
    from points left join read_csv(getvariable('seeds') || '/loyalty/point_kind_words.csv') as known on points.kind = known.word
    where occurred_at is null or known.kind is null or points.points is null
    union all select 'web', 'interactions', 'no_time', null from raw('web', 'events') where occurred_at is null
    union all select 'app', 'interactions', 'no_time', null from raw('app', 'events') where occurred_at is null
    union all select 'exhibitions', 'interactions', 'no_time', null from leads where registered_at is null
    union all select 'service', unnest(['interactions', 'feedback']), 'no_time', null from tickets where created_at is null
    union all select 'surveys', 'interactions', 'no_time', null from responses where answered_at is null
    union all select 'surveys', 'feedback', 'no_time', null from responses, unnest([nps, csat, ces]) as scores(score) where answered_at is null and score is not null
    union all select 'surveys', 'feedback', 'no_time', null from responses where answered_at is null and has_comment and coalesce(nps, csat, ces) is null
    union all select 'loyalty', 'interactions', 'no_time', null from points where occurred_at is null
    union all select 'wecom', 'interactions', 'no_time', null from contacts where created_at is null
    union all select 'wecom', 'interactions', 'no_time', null from joiners where joined_at is null and member_type = 2
),
totals as (
    select 'loyalty' as channel, 'points' as concept, count(*) as rows from points where exists (from held)
    union all
    select channel, 'orders', sum(orders) from (
        select split_part(order_id, ':', 1) as channel, count(*) as orders from dated_orders where exists (from held) group by all
        union all select channel, count(*) from held where concept = 'orders' and reason = 'no_time' group by all
    ) group by all
),
counted as (select channel, concept, reason, value, count(*) as held_rows from held where reason is not null group by all)
select channel, concept, reason, value, held_rows, case when rows is not null then sum(held_rows) over w end::bigint as channel_held_rows,
    channel_held_rows / rows as channel_held_share
from counted left join totals using (channel, concept) window w as (partition by channel, concept);
