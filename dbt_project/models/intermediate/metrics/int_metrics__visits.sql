{{ kept_by('customer_id') }}
{%- set least = var('habit_visits', 20) %}
{%- set kinds = [
    'open', 'view', 'search', 'cart', 'checkout', 'purchase_click', 'share', 'push_open', 'registration', 'activity'
] %}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

kinds as (

    select * from {{ ref('int_profile_interaction_kinds') }}
    where is_inbound

),

totals as (

    select * from {{ ref('int_customer_totals') }}
    where {{ among_affected('customer_id') }}

),

interaction_titles as (

    select * from {{ ref('interaction_titles') }}
    where is_activity

),

of_customers as (

    select
        kinds.*,
        profiles.customer_id,
        kinds.kind in ('open', 'view', 'search', 'cart', 'checkout', 'purchase_click', 'share', 'push_open') as is_visit
    from kinds
    inner join interaction_titles on kinds.kind = interaction_titles.kind
    inner join profiles on kinds.source_profile_id = profiles.source_profile_id

),

summed as (

    select
        customer_id,
        cast(sum(interactions) as bigint) as interactions,
        cast(sum(case when is_visit then interactions else 0 end) as bigint) as visits,
        -- an app is opened, a website is not
        cast(sum(case when is_visit and channel = 'app' then interactions else 0 end) as bigint) as app_visits,
        {%- for daypart in dayparts() %}
        cast(sum(case when is_visit then {{ daypart }}_interactions else 0 end) as bigint) as {{ daypart }}_visits,
        {%- endfor %}
        cast(sum(case when is_visit then weekend_interactions else 0 end) as bigint) as weekend_visits,
        {%- for kind in kinds %}
        cast(sum(case when kind = '{{ kind }}' then interactions else 0 end) as bigint) as {{ kind }}_count,
        max(case when kind = '{{ kind }}' then last_day end) as last_{{ kind }}_day,
        {%- endfor %}
        count(distinct channel) as interaction_channels,
        min(first_day) as first_interaction_day,
        max(last_day) as last_interaction_day,
        max(case when is_visit then last_day end) as last_visit_day,
        max(case when is_visit and channel = 'app' then last_day end) as last_app_day,
        max(case when is_visit and channel <> 'app' then last_day end) as last_web_day,
        min(case when kind = 'contact' then first_day end) as contact_day,
        max(case when kind = 'group_join' then last_day end) as group_join_day
    from of_customers
    group by customer_id

),

final as (

    select
        summed.customer_id,
        summed.interactions,
        nullif(totals.interactions_30d, 0) as interactions_30d,
        summed.interaction_channels,
        nullif(summed.visits, 0) as visits,
        nullif(summed.app_visits, 0) as app_visits,
        nullif(summed.visits - summed.app_visits, 0) as web_visits,
        {{ share_of('summed.app_visits', 'summed.visits', least) }} as app_share,
        {%- for daypart in dayparts() %}
        {{ share_of('summed.' ~ daypart ~ '_visits', 'summed.visits', least) }} as {{ daypart }}_visit_share,
        {%- endfor %}
        {{ share_of('summed.weekend_visits', 'summed.visits', least) }} as weekend_visit_share,
        {%- for kind in kinds %}
        nullif(summed.{{ kind }}_count, 0) as {{ kind }}_count,
        {%- endfor %}
        {{ share_of('summed.push_open_count', 'summed.push_open_count + summed.open_count', 8) }} as push_open_share,
        {{ share_of('summed.cart_count', 'summed.view_count', least) }} as cart_share,
        {{ share_of('summed.search_count', 'summed.visits - summed.app_visits', 10) }} as search_share,
        case when totals.orders_count > 0 and summed.view_count >= {{ least }}
            then round({{ ratio('summed.view_count', 'totals.orders_count') }}, 2)
        end as views_per_order,
        case when totals.orders_count = 0 then nullif(summed.view_count, 0) end as views_without_order,
        case when totals.orders_count = 0 then nullif(summed.cart_count, 0) end as carts_without_order,
        case
            when totals.interactions_30d > 0 and summed.interactions >= {{ least }}
                then round({{ ratio('totals.interactions_30d', 'summed.interactions') }}, 4)
        end as recent_interaction_share,
        summed.first_interaction_day,
        summed.last_interaction_day,
        summed.last_visit_day,
        summed.last_app_day,
        summed.last_web_day,
        -- put into the cart, gone to the checkout since the last purchase, and not bought
        case when summed.last_cart_day > coalesce(cast(totals.last_purchase_at as date), cast('1970-01-01' as date))
            then summed.last_cart_day
        end as open_cart_day,
        case when summed.last_checkout_day > coalesce(cast(totals.last_purchase_at as date), cast('1970-01-01' as date))
            then summed.last_checkout_day
        end as open_checkout_day,
        case when totals.orders_count > 0 and summed.last_visit_day > cast(totals.last_purchase_at as date)
            then summed.last_visit_day
        end as looked_after_purchase_day,
        summed.last_share_day,
        summed.last_push_open_day,
        summed.last_search_day,
        summed.last_activity_day,
        summed.contact_day,
        summed.group_join_day
    from summed
    inner join totals on summed.customer_id = totals.customer_id

)

select * from final
