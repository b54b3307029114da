-- Part of the peer of the full refresh, after timeline.sql in the same session: what was in the orders of the timeline. Lines are
-- stored once; what adds the customer to them is read as a view, as the platform's is.

create table order_lines as
with shop as materialized (
    select 'shop:' || order_id as order_id, line_no, sku, product_name, category, quantity, unit_price, amount, updated_at, _dlt_load_id as load_id, _source_file as file, _line as line
    from raw('shop', 'order_lines')
),
sales as materialized (
    select 'pos:' || sale_id as order_id, line_no, sku, product_name, category, quantity, unit_price, amount, updated_at, _dlt_load_id as load_id, _source_file as file, _line as line
    from raw('pos', 'sale_lines')
),
-- few orders came twice: several loads, or two lines of one number (each number sets a bit)
shop_twice as (
    select order_id from shop group by order_id
    having min(hash(load_id)) <> max(hash(load_id)) or count(*) <> bit_count(bit_or(1::bigint << (line_no % 60)))
),
sales_twice as (select order_id from sales group by order_id having count(*) <> bit_count(bit_or(1::bigint << (line_no % 60)))),
-- who arrived with an order's newest load is in it
kept as (
    (from shop anti join shop_twice using (order_id))
    union all
    (select * from shop semi join shop_twice using (order_id)
    qualify row_number() over (partition by order_id, line_no order by updated_at desc nulls last, load_id desc, file desc, line desc) = 1
        and load_id = max(load_id) over (partition by order_id))
    union all
    (from sales anti join sales_twice using (order_id))
    union all
    (select * from sales semi join sales_twice using (order_id)
    qualify row_number() over (partition by order_id, line_no order by updated_at desc nulls last, load_id desc, file desc, line desc) = 1)
)
select order_id, line_no, sku, product_name, category, quantity, unit_price, amount, (select mode(currency) from raw('shop', 'orders')) as currency from kept;

create view customer_order_lines as
select customer_id, order_id, line_no, sku, product_name, quantity, unit_price,
    case when quantity * unit_price > o.amount then (quantity * unit_price - o.amount)::decimal(18, 2) end as discount_amount,
    o.amount, currency, t.amount as order_amount
from customer_timeline as t inner join order_lines as o on t.interaction_id = o.order_id where kind = 'order';
