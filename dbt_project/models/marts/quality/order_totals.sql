with orders as (

    select * from {{ ref('int_orders') }}
    where ordered_at < {{ as_of_end() }} or ordered_at is null

),

test_profiles as (

    select source_profile_id from {{ ref('int_profiles') }}
    where is_test

),

-- whose the sale is says the order itself: no map of customers, so that one who is missing there shows
owned as (

    select
        channel,
        case
            when held_reason is not null then 'held'
            when source_profile_id is null then 'anonymous'
            when source_profile_id in (select source_profile_id from test_profiles) then 'test'
            else 'customer'
        end as owner,
        is_paid and cast(coalesce(paid_at, ordered_at) as date) <= {{ as_of() }} as is_sale,
        case when is_paid then gross_amount else 0 end as paid_amount,
        case when is_paid then gross_amount else 0 end - net_amount as returned_amount,
        cast(coalesce(refunded_at, ordered_at) as date) <= {{ as_of() }} as is_returned
    from orders

),

counted as (

    select
        channel,
        owner,
        is_sale,
        case when is_sale then paid_amount else 0 end - case when is_returned then returned_amount else 0 end as revenue
    from owned

),

final as (

    select
        channel,
        {%- for owner in ['customer', 'anonymous', 'test'] %}
        cast(count(case when owner = '{{ owner }}' and is_sale then 1 end) as bigint) as {{ owner }}_sales,
        {%- endfor %}
        cast(count(case when owner = 'held' then 1 end) as bigint) as held_orders,
        {%- for owner in ['customer', 'anonymous', 'test'] %}
        cast(coalesce(sum(case when owner = '{{ owner }}' then revenue end), 0) as decimal(18, 2))
            as {{ owner }}_revenue,
        {%- endfor %}
        {{ as_of() }} as as_of
    from counted
    group by channel

)

select * from final
