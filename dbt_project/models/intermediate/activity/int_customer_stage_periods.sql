{{ kept_by('customer_id') }}
{%- set window_days = var('interaction_window_days', 30) %}
{#- days on which a rule may begin or cease to hold though nothing happens, the relation that tells them, and when -#}
{%- set later_days = [
    ('customers.registered_day', 'customers', 'true'),
    (add_days('customers.registered_day', 'rules.new_days'), 'customers', 'true'),
    ('first_contacts.contact_day', 'first_contacts', 'true'),
    ('passing_purchases.known_from', 'passing_purchases', 'true'),
    ('passing_purchases.known_until', 'passing_purchases', 'true'),
    (add_days('lasting_purchases.purchase_day', 'rules.new_days'), 'lasting_purchases',
        'lasting_purchases.earlier_day is null'),
    (add_days('followed_contacts.interaction_day', window_days), 'followed_contacts',
        'followed_contacts.interactions_after < rules.active_interactions'),
] %}
{%- for relation, column, limits in [
    ('passing_purchases', 'purchase_day', ['new_days', 'purchase_days', 'dormant_days', 'churned_days']),
    ('lasting_purchases', 'purchase_day', ['purchase_days', 'dormant_days', 'churned_days']),
    ('followed_contacts', 'interaction_day', ['dormant_days', 'churned_days']),
] %}
    {%- for limit in limits %}
        {%- set day = add_days(relation ~ '.' ~ column, 'rules.' ~ limit) %}
        {%- set is_last_by_then = relation ~ '.next_day is null or ' ~ relation ~ '.next_day >= ' ~ day %}
        {%- do later_days.append((day, relation, 'true' if relation == 'passing_purchases' else is_last_by_then)) %}
    {%- endfor %}
{%- endfor %}

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

profile_interactions as (

    select * from {{ ref('int_profile_interactions') }}

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

-- a purchase is known once it is paid, and until all of it is taken back
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

    select
        customer_id,
        purchase_day,
        lag(purchase_day) over (partition by customer_id order by purchase_day) as earlier_day,
        lead(purchase_day) over (partition by customer_id order by purchase_day) as next_day
    from purchases
    where known_from = purchase_day and known_until is null

),

passing_purchases as (

    select * from purchases
    where known_from <> purchase_day or known_until is not null

),

first_purchases as (

    select
        customer_id,
        min(purchase_day) as purchase_day,
        min(known_from) as known_from
    from purchases
    group by customer_id

),

-- what somebody did before the first purchase counts only as one of the interactions shortly before it
contacts as (

    select
        profiles.customer_id,
        interactions_daily.interaction_day,
        {{ days_between("'1970-01-01'", 'interactions_daily.interaction_day') }} as day_number,
        cast(sum(interactions_daily.interactions) as bigint) as interactions
    from interactions_daily
    inner join profiles on interactions_daily.source_profile_id = profiles.source_profile_id
    inner join first_purchases on profiles.customer_id = first_purchases.customer_id
    where interactions_daily.interaction_day > {{ add_days('first_purchases.purchase_day', -window_days) }}
    group by profiles.customer_id, interactions_daily.interaction_day

),

followed_contacts as (

    select
        *,
        lead(interaction_day) over (partition by customer_id order by day_number) as next_day,
        coalesce(sum(interactions) over (
            partition by customer_id order by day_number range between 1 following and {{ window_days }} following
        ), 0) as interactions_after
    from contacts

),

first_contacts as (

    select
        profiles.customer_id,
        cast(min(profile_interactions.first_interaction_at) as date) as contact_day
    from profile_interactions
    inner join profiles on profile_interactions.source_profile_id = profiles.source_profile_id
    group by profiles.customer_id

),

-- every day on which a rule may begin or cease to hold, with what happened on it; no day where none is known
moments as (

    select
        customer_id,
        purchase_day as turning_day,
        purchase_day,
        cast(null as date) as interaction_day,
        0 as interactions
    from lasting_purchases
    union all
    select
        customer_id,
        interaction_day as turning_day,
        cast(null as date) as purchase_day,
        interaction_day,
        interactions
    from contacts
    {%- for days, relation, condition in later_days %}
    union all
    select
        {{ relation }}.customer_id,
        {{ days }} as turning_day,
        cast(null as date) as purchase_day,
        cast(null as date) as interaction_day,
        0 as interactions
    from {{ relation }}
    cross join rules
    where {{ condition }}
    {%- endfor %}

),

turning_days as (

    select
        customer_id,
        turning_day,
        {{ days_between("'1970-01-01'", 'turning_day') }} as day_number,
        max(purchase_day) as purchase_day,
        max(interaction_day) as interaction_day,
        sum(interactions) as interactions
    from moments
    group by customer_id, turning_day

),

first_days as (

    select
        customers.customer_id,
        customers.registered_day,
        least(customers.registered_day, first_purchases.known_from, first_contacts.contact_day) as first_seen_day
    from customers
    left join first_purchases on customers.customer_id = first_purchases.customer_id
    left join first_contacts on customers.customer_id = first_contacts.customer_id

),

-- what had happened by each of these days, that day included
known as (

    select
        customer_id,
        turning_day,
        min(purchase_day) over so_far as first_purchase_day,
        max(purchase_day) over so_far as last_purchase_day,
        max(interaction_day) over so_far as last_interaction_day,
        sum(interactions) over in_window as interactions
    from turning_days
    window
        so_far as (partition by customer_id order by day_number rows between unbounded preceding and current row),
        in_window as (
            partition by customer_id order by day_number range between {{ window_days - 1 }} preceding and current row
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
        on known.customer_id = passing_purchases.customer_id
            and known.turning_day >= passing_purchases.known_from
            and (passing_purchases.known_until is null or known.turning_day < passing_purchases.known_until)
    group by known.customer_id, known.turning_day

),

staged as (

    select
        known.customer_id,
        {{ lifecycle_stage(
            'least(known.first_purchase_day, passing.first_purchase_day)',
            'greatest(known.last_purchase_day, passing.last_purchase_day)',
            'first_days.registered_day', 'known.last_interaction_day', 'first_days.first_seen_day',
            'known.interactions', 'known.turning_day', 'rules') }} as stage,
        known.turning_day
    from known
    inner join first_days on known.customer_id = first_days.customer_id
    left join passing on known.customer_id = passing.customer_id and known.turning_day = passing.turning_day
    cross join rules
    where known.turning_day is not null or first_days.first_seen_day is null

),

compared as (

    select
        *,
        lag(stage) over (partition by customer_id order by turning_day) as previous_stage
    from staged
    where stage is not null

),

final as (

    select
        customer_id,
        stage,
        previous_stage,
        turning_day as valid_from,
        lead(turning_day) over (partition by customer_id order by turning_day) as valid_to
    from compared
    where previous_stage is null or previous_stage <> stage

)

select * from final
