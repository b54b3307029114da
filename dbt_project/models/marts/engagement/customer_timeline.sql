{{ kept_by('customer_id') }}

with interactions as (

    select * from {{ ref('int_interactions') }}
    where interaction_day <= {{ as_of() }}

),

orders as (

    select * from {{ ref('int_orders') }}
    where ordered_at < {{ as_of_end() }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

interaction_titles as (

    select * from {{ ref('interaction_titles') }}

),

purchases as (

    select
        source_profile_id,
        order_id as interaction_id,
        channel,
        'order' as kind,
        store_name as detail,
        gross_amount as amount,
        cast(null as string) as load_id,
        ordered_at as occurred_at
    from orders
    where is_paid and coalesce(paid_at, ordered_at) < {{ as_of_end() }}

),

-- what an order that does not count gave back was never shown as paid either; a credit note takes away without an order
refunds as (

    select
        source_profile_id,
        order_id || ':refund' as interaction_id,
        channel,
        'refund' as kind,
        store_name as detail,
        cast(-refund_amount as decimal(18, 2)) as amount,
        cast(null as string) as load_id,
        coalesce(refunded_at, ordered_at) as occurred_at
    from orders
    where
        refund_amount > 0
        and (is_paid or net_amount < 0)
        and coalesce(refunded_at, ordered_at) < {{ as_of_end() }}

),

contacts as (

    select
        source_profile_id,
        interaction_id,
        channel,
        kind,
        detail,
        cast(null as decimal(18, 2)) as amount,
        case when {{ in_repeated_hour('occurred_at') }} then load_id end as load_id,
        occurred_at
    from interactions

),

united as (

    select * from contacts
    union all
    select * from purchases
    union all
    select * from refunds

),

-- in an hour that occurs twice by arrival; two events of one moment by their ids
ranked as (

    select
        customer_profiles.customer_id,
        united.*,
        row_number() over (
            partition by customer_profiles.customer_id
            order by
                {{ change_order('united.occurred_at') }} desc, united.load_id desc nulls last,
                united.interaction_id, united.kind
        ) as position
    from united
    inner join customer_profiles on united.source_profile_id = customer_profiles.source_profile_id

),

final as (

    select
        ranked.customer_id,
        ranked.interaction_id,
        ranked.channel,
        ranked.kind,
        coalesce(interaction_titles.title_zh, ranked.kind, '其他') as title,
        ranked.detail,
        ranked.amount,
        ranked.occurred_at,
        cast(ranked.position as int) as position
    from ranked
    left join interaction_titles on ranked.kind = interaction_titles.kind
    where ranked.position <= {{ var('timeline_limit', 100) }}

)

select * from final
