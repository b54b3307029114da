with id_changes as (

    select * from {{ ref('int_identity__id_changes') }}

),

membership_log as (

    select * from {{ ref('int_identity__membership_log') }}

),

profile_customers as (

    select * from {{ ref('int_identity__profile_customers') }}

),

accepted_links as (

    select * from {{ ref('int_identity__accepted_links') }}

),

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

decisions as (

    select * from {{ ref('stg_operations__identity_decisions') }}

),

observations as (

    select * from {{ ref('int_identity__observations') }}

),

untrusted_values as (

    select * from {{ ref('int_identity__untrusted_values') }}

),

runs as (

    select
        min(changed_at) as first_at,
        max(changed_at) as last_at
    from id_changes

),

-- the graph is that of now, so it says why for the last run alone; of the first run it would only repeat the graph
latest as (

    select
        id_changes.event_id,
        id_changes.event,
        id_changes.from_customer_id,
        id_changes.to_customer_id,
        id_changes.changed_at
    from id_changes
    inner join runs on id_changes.changed_at = runs.last_at
    where runs.last_at > runs.first_at and id_changes.event in ('created', 'merged', 'moved', 'split')

),

movers as (

    select
        latest.event_id,
        latest.event,
        latest.from_customer_id,
        membership_log.source_profile_id
    from membership_log
    inner join latest
        on
            membership_log.changed_at = latest.changed_at
            and membership_log.customer_id = latest.to_customer_id
            and coalesce(membership_log.previous_customer_id, '') = coalesce(latest.from_customer_id, '')

),

-- links in force, and what keeps or took profiles apart
stated as (

    select
        accepted_links.source_profile_id,
        accepted_links.linked_profile_id,
        accepted_links.identifier_type,
        accepted_links.identifier_value,
        accepted_links.identifier_mask,
        accepted_links.reason,
        true as is_joining
    from accepted_links
    left join refused_links
        on
            accepted_links.source_profile_id = refused_links.source_profile_id
            and accepted_links.linked_profile_id = refused_links.linked_profile_id
            and accepted_links.identifier_type = refused_links.identifier_type
            and accepted_links.identifier_value = refused_links.identifier_value
    where refused_links.source_profile_id is null
    union all
    select
        source_profile_id,
        linked_profile_id,
        identifier_type,
        identifier_value,
        identifier_mask,
        guard_reason as reason,
        false as is_joining
    from refused_links
    union all
    select
        left_profile_id as source_profile_id,
        right_profile_id as linked_profile_id,
        'steward' as identifier_type,
        decision_id as identifier_value,
        cast(null as string) as identifier_mask,
        case when is_active then 'steward_separate' else 'decision_undone' end as reason,
        false as is_joining
    from decisions
    where (decision = 'separate' and is_active) or (decision = 'join' and not is_active)

),

-- both ways round, so that a mover is found at either end
relations as (

    select
        *,
        source_profile_id as profile_id,
        linked_profile_id as other_id
    from stated
    union all
    select
        *,
        linked_profile_id as profile_id,
        source_profile_id as other_id
    from stated

),

-- created: what holds its profiles together; merged and moved: what leads out of the old customer; split: what no
-- longer leads back
telling as (

    select
        movers.event_id,
        relations.profile_id,
        relations.other_id,
        relations.identifier_type,
        relations.identifier_value,
        relations.identifier_mask,
        relations.reason
    from movers
    inner join relations on movers.source_profile_id = relations.profile_id
    left join movers as companions
        on movers.event_id = companions.event_id and relations.other_id = companions.source_profile_id
    left join profile_customers on relations.other_id = profile_customers.source_profile_id
    where
        case movers.event
            when 'created'
                then
                    relations.is_joining
                    and companions.event_id is not null
                    and relations.profile_id < relations.other_id
            when 'split'
                then not relations.is_joining and profile_customers.customer_id = movers.from_customer_id
            else relations.is_joining and companions.event_id is null
        end

),

-- a value that both sides still carry, and that is not trusted to join people
carried as (

    select
        movers.event_id,
        movers.source_profile_id as profile_id,
        min(carriers.source_profile_id) as other_id,
        untrusted_values.identifier_type,
        untrusted_values.identifier_value,
        untrusted_values.identifier_mask,
        untrusted_values.reason
    from movers
    inner join observations on movers.source_profile_id = observations.source_profile_id
    inner join untrusted_values
        on
            observations.identifier_type = untrusted_values.identifier_type
            and observations.identifier_value = untrusted_values.identifier_value
    inner join observations as carriers
        on
            observations.identifier_type = carriers.identifier_type
            and observations.identifier_value = carriers.identifier_value
    inner join profile_customers
        on
            carriers.source_profile_id = profile_customers.source_profile_id
            and movers.from_customer_id = profile_customers.customer_id
    where movers.event = 'split'
    group by
        movers.event_id,
        movers.source_profile_id,
        untrusted_values.identifier_type,
        untrusted_values.identifier_value,
        untrusted_values.identifier_mask,
        untrusted_values.reason

),

united as (

    select
        *,
        case
            when identifier_type = 'steward' then 0
            when reason in ('steward_join', 'steward_separate', 'decision_undone') then 1
            when reason = 'probabilistic' then 4
            when reason = 'same_value_and_name' then 3
            else 2
        end as position
    from telling
    union all
    select
        *,
        5 as position
    from carried

),

ranked as (

    select
        *,
        cast(
            row_number() over (
                partition by event_id
                order by position, identifier_type, identifier_value, profile_id, other_id
            ) as int
        ) as importance
    from united

),

final as (

    select
        event_id,
        reason,
        importance,
        {{ json_object_text([
            ['importance', 'importance'],
            ['source_profile_id', 'profile_id'],
            ['linked_profile_id', 'other_id'],
            ['identifier_type', 'identifier_type'],
            ['identifier_mask', "case when identifier_type = 'steward' then identifier_value else identifier_mask end"],
            ['reason', 'reason'],
        ]) }} as edge
    from ranked

)

select * from final
