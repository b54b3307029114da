{{ kept_by('customer_id') }}
{#- lines from which on a share of them is called a taste -#}
{%- set least = var('habit_lines', 5) %}
{%- set themes = product_themes() %}

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
    where amount >= 0 and coalesce(sku, product_name) is not null

),

totals as (

    select * from {{ ref('int_customer_totals') }}
    where orders_count > 0 and {{ among_affected('customer_id') }}

),

product_themes as (

    select * from {{ ref('product_themes') }}

),

bought as (

    select
        profiles.customer_id,
        sales.order_id,
        sales.order_day
    from sales
    inner join profiles on sales.source_profile_id = profiles.source_profile_id

),

-- one row per customer and product: everything below is counted from these
products as (

    select
        bought.customer_id,
        coalesce(order_lines.sku, order_lines.product_name) as product,
        order_lines.product_name,
        order_lines.category,
        count(*) as lines,
        cast(sum(order_lines.quantity) as bigint) as pieces,
        max(order_lines.quantity) as most_pieces,
        sum(order_lines.amount) as amount,
        count(case when order_lines.quantity * order_lines.unit_price > order_lines.amount + 0.01 then 1 end)
            as reduced_lines,
        -- whole thousandths add up to the same on every machine
        sum(case
            when order_lines.unit_price > 0
                then cast(round(1000 * ln(cast(order_lines.unit_price as double)), 0) as bigint)
        end) as log_prices,
        count(case when order_lines.unit_price > 0 then 1 end) as priced_lines,
        max(order_lines.unit_price) as dearest_price,
        min(case when order_lines.unit_price > 0 then order_lines.unit_price end) as cheapest_price,
        min(bought.order_day) as first_day,
        max(bought.order_day) as last_day
    from order_lines
    inner join bought on order_lines.order_id = bought.order_id
    group by
        bought.customer_id, coalesce(order_lines.sku, order_lines.product_name), order_lines.product_name,
        order_lines.category

),

names as (

    select distinct product_name from products
    where product_name is not null

),

-- what a product is about is told by words in its name
themed_names as (

    select
        names.product_name,
        {%- for theme in themes %}
        max(case when product_themes.theme = '{{ theme }}' then 1 else 0 end) as {{ theme }}{{ ',' if not loop.last }}
        {%- endfor %}
    from names
    inner join product_themes on lower(names.product_name) like '%' || product_themes.word || '%'
    group by names.product_name

),

themed as (

    select
        products.customer_id,
        {%- for theme in themes %}
        cast(sum(products.lines * themed_names.{{ theme }}) as bigint) as {{ theme }}_lines{{ ',' if not loop.last }}
        {%- endfor %}
    from products
    inner join themed_names on products.product_name = themed_names.product_name
    group by products.customer_id

),

categories as (

    select
        customer_id,
        category,
        cast(sum(lines) as bigint) as lines,
        min(first_day) as first_day,
        max(last_day) as last_day
    from products
    where category is not null
    group by customer_id, category

),

ranked_categories as (

    select
        customer_id,
        count(*) as categories,
        cast(sum(lines) as bigint) as lines,
        max(lines) as favourite_lines,
        max_by(category, lines) as favourite_category,
        max(first_day) as newest_category_day,
        min(first_day) as first_category_day
    from categories
    group by customer_id

),

ranked_products as (

    select
        customer_id,
        count(distinct product) as products,
        cast(sum(lines) as bigint) as lines,
        cast(sum(pieces) as bigint) as pieces,
        max(most_pieces) as most_pieces,
        cast(sum(reduced_lines) as bigint) as reduced_lines,
        cast(sum(log_prices) as bigint) as log_prices,
        cast(sum(priced_lines) as bigint) as priced_lines,
        max(dearest_price) as dearest_price,
        min(cheapest_price) as cheapest_price,
        max(lines) as favourite_lines,
        max_by(product_name, lines) as favourite_product,
        count(case when last_day > first_day then 1 end) as repeated_products,
        max(case when last_day > first_day then last_day end) as last_repeat_day
    from products
    group by customer_id

),

final as (

    select
        ranked_products.customer_id,
        ranked_products.products,
        nullif(ranked_products.repeated_products, 0) as repeated_products,
        {{ share_of('ranked_products.products', 'ranked_products.lines', least) }} as variety_share,
        {{ share_of('ranked_products.favourite_lines', 'ranked_products.lines', least) }} as favourite_product_share,
        case
            when
                ranked_products.lines >= {{ least }}
                and ranked_products.favourite_lines * 5 >= ranked_products.lines * 3
                then ranked_products.favourite_product
        end as favourite_product,
        ranked_categories.categories,
        {{ share_of('ranked_categories.favourite_lines', 'ranked_categories.lines', least) }}
            as favourite_category_share,
        {{ preferred_category(
            'ranked_categories.favourite_category', 'ranked_categories.favourite_lines', 'ranked_categories.lines'
        ) }} as favourite_category,
        round({{ ratio('ranked_products.lines', 'totals.orders_count') }}, 4) as lines_per_order,
        case
            when ranked_products.lines >= {{ least }}
                then round({{ ratio('ranked_products.pieces', 'ranked_products.lines') }}, 4)
        end as pieces_per_line,
        ranked_products.most_pieces,
        {{ share_of('ranked_products.reduced_lines', 'ranked_products.lines', least) }} as reduced_line_share,
        case
            when ranked_products.priced_lines >= {{ least }}
                then round(
                    exp(cast(ranked_products.log_prices as double) / (1000.0 * ranked_products.priced_lines)), 2
                )
        end as usual_price,
        case when ranked_products.lines >= {{ least }} then round({{ ratio(
            'ranked_products.dearest_price', 'ranked_products.cheapest_price') }}, 2) end as price_range,
        cast(ranked_products.dearest_price as decimal(18, 2)) as dearest_price,
        {%- for theme in themes %}
        {{ share_of('coalesce(themed.' ~ theme ~ '_lines, 0)', 'ranked_products.lines', least) }} as {{ theme }}_share,
        {%- endfor %}
        case when ranked_categories.newest_category_day > ranked_categories.first_category_day
            then ranked_categories.newest_category_day
        end as newest_category_day,
        ranked_products.last_repeat_day
    from ranked_products
    inner join totals on ranked_products.customer_id = totals.customer_id
    left join ranked_categories on ranked_products.customer_id = ranked_categories.customer_id
    left join themed on ranked_products.customer_id = themed.customer_id

)

select * from final
