{{ kept_by('customer_id') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

sales as (

    select * from {{ ref('int_dated_sales') }}
    where is_purchase and order_day <= {{ as_of() }}

),

order_lines as (

    select * from {{ ref('int_order_lines') }}
    where amount >= 0 and category is not null and coalesce(sku, product_name) is not null

),

bought as (

    select
        profiles.customer_id,
        order_lines.category,
        sales.order_day,
        count(*) as lines
    from order_lines
    inner join sales on order_lines.order_id = sales.order_id
    inner join profiles on sales.source_profile_id = profiles.source_profile_id
    group by profiles.customer_id, order_lines.category, sales.order_day

),

newest as (

    select
        customer_id,
        max(order_day) as order_day
    from bought
    group by customer_id

),

-- what was known on the morning of the newest purchase
before as (

    select
        bought.customer_id,
        bought.category,
        cast(sum(bought.lines) as bigint) as lines
    from bought
    inner join newest on bought.customer_id = newest.customer_id
    where bought.order_day < newest.order_day
    group by bought.customer_id, bought.category

),

favourites as (

    select
        customer_id,
        max_by(category, lines) as category,
        max(lines) as lines,
        cast(sum(lines) as bigint) as all_lines
    from before
    group by customer_id

),

recognised as (

    select
        customer_id,
        {{ preferred_category('category', 'lines', 'all_lines') }} as needed_category
    from favourites

),

final as (

    select
        recognised.customer_id,
        recognised.needed_category,
        bought.customer_id is not null as is_confirmed,
        newest.order_day as tested_on
    from recognised
    inner join newest on recognised.customer_id = newest.customer_id
    left join bought
        on recognised.customer_id = bought.customer_id
        and recognised.needed_category = bought.category
        and newest.order_day = bought.order_day
    where recognised.needed_category is not null

)

select * from final
