{{ kept_by('customer_id') }}
{%- set window_days = var('interaction_window_days', 30) %}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

orders as (

    select * from {{ ref('int_orders') }}
    where held_reason is null and is_paid

),

interactions_daily as (

    select * from {{ ref('int_interactions_daily') }}

),

rules as (

    {{ thresholds(['new_days', 'active_interactions', 'purchase_days', 'dormant_days', 'churned_days']) }}

),

customers as (

    select
        customer_id,
        cast(min(registered_at) as date) as registered_day
    from profiles
    where is_profile
    group by customer_id

),

-- a purchase is known once it is paid, and until all that was bought that day is taken back
purchases as (

    select distinct
        profiles.customer_id,
        cast(orders.ordered_at as date) as purchase_day,
        greatest(cast(orders.ordered_at as date), cast(orders.paid_at as date)) as known_from,
        cast(orders.returned_at as date) as known_until
    from orders
    inner join profiles on orders.source_profile_id = profiles.source_profile_id

),

-- most are known on their day and for good
lasting_purchases as (

    select * from purchases
    where known_from = purchase_day and known_until is null

),

passing_purchases as (

    select * from purchases
    where known_from <> purchase_day or known_until is not null

),

contacts as (

    select
        profiles.customer_id,
        interactions_daily.interaction_day,
        cast(sum(interactions_daily.interactions) as bigint) as interactions
    from interactions_daily
    inner join profiles on interactions_daily.source_profile_id = profiles.source_profile_id
    group by profiles.customer_id, interactions_daily.interaction_day

),

silences as (

    select
        customer_id,
        interaction_day,
        lead(interaction_day) over (partition by customer_id order by interaction_day) as next_day
    from contacts

),

-- every day on which a rule may begin or cease to hold
candidate_days as (

    select
        customer_id,
        registered_day as turning_day
    from customers
    union all
    select
        customers.customer_id,
        {{ add_days('customers.registered_day', 'rules.new_days') }} as turning_day
    from customers
    cross join rules
    union all
    select
        customer_id,
        known_from as turning_day
    from purchases
    union all
    select
        customer_id,
        known_until as turning_day
    from passing_purchases
    {%- for rule in ['new_days', 'purchase_days', 'dormant_days', 'churned_days'] %}
    union all
    select
        purchases.customer_id,
        {{ add_days('purchases.purchase_day', 'rules.' ~ rule) }} as turning_day
    from purchases
    cross join rules
    {%- endfor %}
    union all
    select
        customer_id,
        interaction_day as turning_day
    from contacts
    union all
    select
        customer_id,
        {{ add_days('interaction_day', window_days) }} as turning_day
    from contacts
    {%- for rule in ['dormant_days', 'churned_days'] %}
    union all
    select
        silences.customer_id,
        {{ add_days('silences.interaction_day', 'rules.' ~ rule) }} as turning_day
    from silences
    cross join rules
    where
        silences.next_day is null
        or silences.next_day >= {{ add_days('silences.interaction_day', 'rules.' ~ rule) }}
    {%- endfor %}

),

turning_days as (

    select distinct
        customer_id,
        turning_day
    from candidate_days
    where turning_day is not null

),

first_days as (

    select
        seen.customer_id,
        min(seen.first_day) as first_seen_day
    from (
        select
            customer_id,
            registered_day as first_day
        from customers
        union all
        select
            customer_id,
            known_from as first_day
        from purchases
        union all
        select
            customer_id,
            interaction_day as first_day
        from contacts
    ) as seen
    group by seen.customer_id

),

-- what had happened by each of these days, that day included
known as (

    select
        turning_days.customer_id,
        turning_days.turning_day,
        min(lasting_purchases.purchase_day) over so_far as first_purchase_day,
        max(lasting_purchases.purchase_day) over so_far as last_purchase_day,
        max(contacts.interaction_day) over so_far as last_interaction_day,
        coalesce(sum(contacts.interactions) over in_window, 0) as interactions
    from turning_days
    left join lasting_purchases
        on
            turning_days.customer_id = lasting_purchases.customer_id
            and turning_days.turning_day = lasting_purchases.purchase_day
    left join contacts
        on
            turning_days.customer_id = contacts.customer_id
            and turning_days.turning_day = contacts.interaction_day
    window
        so_far as (
            partition by turning_days.customer_id order by turning_days.turning_day
            rows between unbounded preceding and current row
        ),
        in_window as (
            partition by turning_days.customer_id
            order by {{ days_between("'1970-01-01'", 'turning_days.turning_day') }}
            range between {{ window_days - 1 }} preceding and current row
        )

),

passing as (

    select
        known.customer_id,
        known.turning_day,
        min(passing_purchases.purchase_day) as first_purchase_day,
        max(passing_purchases.purchase_day) as last_purchase_day
    from known
    inner join passing_purchases
        on
            known.customer_id = passing_purchases.customer_id
            and known.turning_day >= passing_purchases.known_from
            and (passing_purchases.known_until is null or known.turning_day < passing_purchases.known_until)
    group by known.customer_id, known.turning_day

),

known_with_passing as (

    select
        known.customer_id,
        known.turning_day,
        known.last_interaction_day,
        known.interactions,
        customers.registered_day,
        first_days.first_seen_day,
        least(known.first_purchase_day, passing.first_purchase_day) as first_purchase_day,
        greatest(known.last_purchase_day, passing.last_purchase_day) as last_purchase_day
    from known
    inner join customers on known.customer_id = customers.customer_id
    inner join first_days on known.customer_id = first_days.customer_id
    left join passing on known.customer_id = passing.customer_id and known.turning_day = passing.turning_day

),

staged as (

    select
        known_with_passing.customer_id,
        {{ lifecycle_stage(
            'known_with_passing.first_purchase_day', 'known_with_passing.last_purchase_day',
            'known_with_passing.registered_day', 'known_with_passing.last_interaction_day',
            'known_with_passing.first_seen_day', 'known_with_passing.interactions',
            'known_with_passing.turning_day', 'rules') }} as stage,
        known_with_passing.turning_day
    from known_with_passing
    cross join rules

),

compared as (

    select
        *,
        lag(stage) over (partition by customer_id order by turning_day) as previous_stage
    from staged
    where stage is not null

),

-- of whom no day is known, nothing can change
never_dated as (

    select
        customers.customer_id,
        'prospect' as stage,
        cast(null as string) as previous_stage,
        cast(null as date) as turning_day
    from customers
    inner join first_days on customers.customer_id = first_days.customer_id
    where first_days.first_seen_day is null

),

changes as (

    select
        customer_id,
        stage,
        previous_stage,
        turning_day
    from compared
    where previous_stage is null or previous_stage <> stage
    union all
    select
        customer_id,
        stage,
        previous_stage,
        turning_day
    from never_dated

),

final as (

    select
        customer_id,
        stage,
        previous_stage,
        turning_day as valid_from,
        lead(turning_day) over (partition by customer_id order by turning_day) as valid_to
    from changes

)

select * from final
