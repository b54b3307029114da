{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}

with membership_log as (

    select * from {{ ref('int_identity__membership_log') }}

),

fresh as (

    select * from membership_log
    {% if is_incremental() -%}
    where changed_at > (select coalesce(max(known.changed_at), timestamp '1970-01-01') from {{ this }} as known)
    {%- endif %}

),

concerned as (

    select customer_id from fresh
    union distinct
    select previous_customer_id as customer_id from fresh

),

-- each change as what it takes from one customer and adds to another
entries as (

    select
        changed_at,
        customer_id,
        1 as profiles
    from membership_log
    union all
    select
        changed_at,
        previous_customer_id as customer_id,
        -1 as profiles
    from membership_log

),

per_run as (

    select
        entries.customer_id,
        entries.changed_at,
        sum(entries.profiles) as profiles_gained
    from entries
    inner join concerned on entries.customer_id = concerned.customer_id
    group by entries.customer_id, entries.changed_at

),

balances as (

    select
        customer_id,
        changed_at,
        profiles_gained,
        sum(profiles_gained) over (partition by customer_id order by changed_at) as profiles_after
    from per_run

),

-- who lived before and after each run that changed them
lives as (

    select
        customer_id,
        changed_at,
        profiles_after - profiles_gained > 0 as lived_before,
        profiles_after > 0 as lives_after
    from balances

),

moves as (

    select
        changed_at,
        run_id,
        previous_customer_id as from_customer_id,
        customer_id as to_customer_id,
        cast(count(*) as int) as profiles
    from fresh
    group by changed_at, run_id, previous_customer_id, customer_id

),

-- how many customers one is made from: new profiles alone create it, beside profiles of others they come along; the
-- profiles of several merge even when its id is a new one
targets as (

    select
        to_customer_id,
        changed_at,
        count(from_customer_id) as sources
    from moves
    group by to_customer_id, changed_at

),

judged as (

    select
        moves.*,
        case
            when moves.from_customer_id is null and not new_lives.lived_before and targets.sources = 0 then 'created'
            when moves.from_customer_id is null then 'grown'
            when moves.to_customer_id is null and not old_lives.lives_after then 'gone'
            when moves.to_customer_id is null then 'shrunk'
            when not old_lives.lives_after and (new_lives.lived_before or targets.sources > 1) then 'merged'
            when not old_lives.lives_after then 'renamed'
            when new_lives.lived_before then 'moved'
            else 'split'
        end as event,
        coalesce(not new_lives.lived_before, false) as starts_id,
        coalesce(not old_lives.lives_after, false) as ends_id
    from moves
    left join targets on moves.to_customer_id = targets.to_customer_id and moves.changed_at = targets.changed_at
    left join lives as old_lives
        on moves.from_customer_id = old_lives.customer_id and moves.changed_at = old_lives.changed_at
    left join lives as new_lives
        on moves.to_customer_id = new_lives.customer_id and moves.changed_at = new_lives.changed_at

),

final as (

    select
        {{ surrogate_key(['from_customer_id', 'to_customer_id', 'changed_at']) }} as event_id,
        run_id,
        event,
        from_customer_id,
        to_customer_id,
        profiles,
        starts_id,
        ends_id,
        changed_at
    from judged

)

select * from final
