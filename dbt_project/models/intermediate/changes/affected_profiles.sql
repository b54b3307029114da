{{ change_log(
    state=['int_profile_states'], rules=['int_exchange_rates', 'int_order_currencies'], follows_identity=true
) }}
{%- set rfm_days = var('rfm_window_days', 365) %}
{%- set order_windows = [365, var('spend_window_days', 180)] + ([rfm_days | int] if rfm_days else []) %}

with facts as (

    select * from {{ ref('int_profile_facts') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

interactions_daily as (

    select * from {{ ref('int_interactions_daily') }}

),

interactions as (

    select * from {{ ref('int_interactions') }}

),

touched_by_identity as (

    select * from {{ ref('int_identity__affected_profiles') }}

),

changed_orders as (

    select * from {{ ref('int_changed_orders') }}

),

changed_order_lines as (

    select * from {{ ref('int_changed_order_lines') }}

),

orders_as_sold as (

    select * from {{ ref('int_orders_as_sold') }}

),

changed_interactions as (

    select * from {{ ref('int_changed_interactions') }}

),
{% if only_affected() %}
held as (

    select * from {{ table_of('int_profile_states') }}

),

-- what its own row, its customer, its answers, tickets and points say
differing as (

    select coalesce(facts.source_profile_id, held.source_profile_id) as source_profile_id
    from facts
    full outer join held on facts.source_profile_id = held.source_profile_id
    where facts.fingerprint is null or held.fingerprint is null or facts.fingerprint <> held.fingerprint

),

by_facts as (

    select source_profile_id from changed_orders
    where log_no > {{ followed(this.identifier, 'int_changed_orders') }}
    union
    select former_profile_id as source_profile_id from changed_orders
    where log_no > {{ followed(this.identifier, 'int_changed_orders') }}
    union
    select orders_as_sold.source_profile_id
    from changed_order_lines
    inner join orders_as_sold on changed_order_lines.order_id = orders_as_sold.order_id
    where changed_order_lines.log_no > {{ followed(this.identifier, 'int_changed_order_lines') }}
    union
    select source_profile_id from changed_interactions
    where log_no > {{ followed(this.identifier, 'int_changed_interactions') }}

),

by_calendar as (

    select source_profile_id from orders
    where {{ passed_an_edge(['ordered_at', 'paid_at', 'refunded_at', 'returned_at'], order_windows | unique | list) }}
    union
    select source_profile_id from interactions_daily
    where {{ passed_an_edge(['interaction_day'], [var('interaction_window_days', 30)]) }}
    union
    select source_profile_id from interactions
    where {{ passed_an_edge(['interaction_day'], []) }}

),

by_identity as (

    select held.source_profile_id
    from held
    inner join touched_by_identity on {{ hash_key('held.source_profile_id') }} = touched_by_identity.profile_key

),

united as (

    select source_profile_id from differing
    union
    select source_profile_id from by_facts
    union
    select source_profile_id from by_calendar
    union
    select source_profile_id from by_identity

),

final as (

    select
        united.source_profile_id,
        facts.customer_id,
        held.customer_id as former_customer_id,
        facts.fingerprint
    from united
    left join facts on united.source_profile_id = facts.source_profile_id
    left join held on united.source_profile_id = held.source_profile_id
    where united.source_profile_id is not null

)
{% else %}
final as (

    select
        source_profile_id,
        customer_id,
        customer_id as former_customer_id,
        fingerprint
    from facts
    where 1 = 0

)
{% endif %}
select * from final
