{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__affected_profiles') }}

with flagged_profiles as (

    select * from {{ ref('int_identity__flagged_profiles') }}

),

traits as (

    select * from {{ ref('int_identity__capped_values') }}

),

registry as (

    select * from {{ ref('int_identity__profile_registry') }}
    where profile_key in (select profile_key from {{ ref('int_identity__flagged_profiles') }})

),

-- one profile speaks for each side of a decision and for each id number
sides as (

    select
        flagged_profiles.component_id,
        traits.kind,
        traits.trait,
        min(traits.node_id) as node_id
    from traits
    inner join flagged_profiles on traits.node_id = flagged_profiles.profile_key
    where traits.kind = 'id_number' or traits.kind like 'separate:%'
    group by flagged_profiles.component_id, traits.kind, traits.trait

),

facing as (

    select
        kind,
        node_id,
        first_value(node_id) over (partition by component_id, kind order by trait) as other_id
    from sides

),

-- birthday and name of one profile are one fact
persons as (

    select
        node_id,
        max(case when kind = 'birthday' then trait end) as birthday,
        max(case when kind = 'name' then trait end) as name_key
    from traits
    where kind in ('birthday', 'name')
    group by node_id

),

facts as (

    select
        flagged_profiles.component_id,
        persons.birthday,
        persons.name_key,
        min(persons.node_id) as node_id
    from persons
    inner join flagged_profiles on persons.node_id = flagged_profiles.profile_key
    group by flagged_profiles.component_id, persons.birthday, persons.name_key

),

first_facts as (

    select * from facts
    qualify row_number() over (partition by component_id order by node_id) = 1

),

united as (

    select
        {{ reason_of_kind('kind') }} as reason,
        node_id,
        other_id
    from facing
    where node_id <> other_id
    union all
    select
        'birthdays_and_names_differ' as reason,
        facts.node_id,
        first_facts.node_id as other_id
    from facts
    inner join first_facts on facts.component_id = first_facts.component_id
    where facts.birthday <> first_facts.birthday and facts.name_key <> first_facts.name_key

),

final as (

    select distinct
        least(one.source_profile_id, other.source_profile_id) as left_profile_id,
        greatest(one.source_profile_id, other.source_profile_id) as right_profile_id,
        united.reason,
        united.node_id as profile_key
    from united
    inner join registry as one on united.node_id = one.profile_key
    inner join registry as other on united.other_id = other.profile_key

)

select * from final
