{{ kept_by('interaction_id', affected='int_changed_interactions') }}
{%- set only = interactions_since('int_changed_interactions') if only_affected() else none %}

with united as (
    {{ united('interactions', only=only) }}
),

arrived as (

    select
        channel || ':' || interaction_id as interaction_id,
        channel || ':' || native_id as source_profile_id,
        channel,
        kind,
        detail,
        coalesce(is_inbound, true) as is_inbound,
        load_id,
        occurred_at
    from united
    where occurred_at is not null and not coalesce(is_withdrawn, false)

),

-- the same event may be delivered twice: few are, so only those are sorted
repeated as (

    select interaction_id
    from arrived
    group by interaction_id
    having count(*) > 1

),

once as (

    select arrived.*
    from arrived
    left join repeated on arrived.interaction_id = repeated.interaction_id
    where repeated.interaction_id is null

),

newest as (

    select *
    from arrived
    where interaction_id in (select interaction_id from repeated)
    qualify
        row_number() over (
            partition by interaction_id
            order by load_id desc, occurred_at desc, source_profile_id, detail
        ) = 1

),

kept as (

    select * from once
    union all
    select * from newest

),

final as (

    select
        interaction_id,
        source_profile_id,
        channel,
        kind,
        detail,
        is_inbound,
        load_id,
        occurred_at,
        {{ run_mark() }} as refreshed_at,
        cast(occurred_at as date) as interaction_day
    from kept

)

select * from final
