-- Part of the peer of the full refresh, after customers.sql in the same session: the newest hundred contacts, purchases and
-- refunds of each customer.

create table customer_timeline as
with united as (
    select event as interaction_id, id, kind, detail, null::decimal(18, 2) as amount, happened as occurred_at from interactions
    union all select order_id, id, 'order', store, paid, ordered_at from dated_orders where bought
    union all
    select order_id || ':refund', id, 'refund', store, -returned, returned_at from dated_orders where returned > 0 and return_day <= getvariable('as_of')
),
ranked as (
    select customer_id, united.*, row_number() over (partition by customer_id order by occurred_at desc, interaction_id, kind)::int as position
    from united inner join owners using (id)
    qualify position <= 100
)
select customer_id, interaction_id, split_part(id, ':', 1) as channel, kind, coalesce(title_zh, kind, '其他') as title, detail, amount, occurred_at, position
from ranked left join read_csv(getvariable('seeds') || '/interaction_titles.csv') using (kind);
