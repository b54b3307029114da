{{ config(materialized='affected_rows', key='value_key', affected='int_identity__affected_values') }}

with observations as (

    select * from {{ observations_in_reach() }}
    where {{ among_affected('value_key', 'value_key', 'int_identity__affected_values') }}

),

shared_values as (

    select * from {{ ref('int_identity__shared_values') }}
    where
        coalesce(reason, '') not in ({{ reasons_that_link_nobody() }})
        and {{ among_affected('value_key', 'value_key', 'int_identity__affected_values') }}

),

identifier_ownership as (

    select * from {{ ref('int_identity__identifier_ownership') }}
    where {{ among_affected('value_key', 'value_key', 'int_identity__affected_values') }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

nameless_accounts as (

    select
        observations.value_key,
        split_part(observations.source_profile_id, ':', 1) as channel,
        count(*) as accounts
    from observations
    inner join shared_values on observations.value_key = shared_values.value_key
    where observations.is_account and shared_values.names = 0
    group by observations.value_key, split_part(observations.source_profile_id, ':', 1)

),

-- two accounts of one channel on a value: more than one may use it, even where no name says so
doubled as (

    select value_key
    from nameless_accounts
    group by value_key
    having max(accounts) > 1

),

placed as (

    select
        observations.value_key,
        observations.profile_key,
        observations.name_key,
        observations.stated_birthday,
        observations.is_account and not coalesce(rules.nameless_joins, false) as is_account,
        -- where no name is known there is none to differ
        rules.needs_same_name and (shared_values.names > 0 or doubled.value_key is not null) as needs_same_name,
        -- who cannot be placed in time on a value that changed hands stays apart
        case
            when shared_values.periods > 1 then coalesce(identifier_ownership.period, -1)
            else 0
        end as period,
        shared_values.periods > 1 as changed_hands,
        observations.trust,
        {{ days_between("date '1970-01-01'", 'observations.registered_at') }} as registered_day
    from observations
    inner join shared_values on observations.value_key = shared_values.value_key
    inner join rules on observations.identifier_type = rules.identifier_type
    left join doubled on observations.value_key = doubled.value_key
    left join identifier_ownership
        on
            observations.value_key = identifier_ownership.value_key
            and observations.profile_key = identifier_ownership.profile_key

),

births as (

    select distinct
        value_key,
        period,
        name_key,
        stated_birthday
    from placed
    where needs_same_name and name_key is not null and stated_birthday is not null

),

preceded as (

    select
        *,
        lag(stated_birthday) over (partition by value_key, period, name_key order by stated_birthday) as birthday_before
    from births

),

-- a father and the son who has his name: so far apart, and not on the same day of another year, which is a slip
generations as (

    select
        value_key,
        period,
        name_key,
        stated_birthday,
        sum(
            case
                when
                    {{ days_between('birthday_before', 'stated_birthday') }} > {{ var('generation_years') }} * 365
                    and substr(cast(birthday_before as string), 6) <> substr(cast(stated_birthday as string), 6)
                    then 1
                else 0
            end
        ) over (partition by value_key, period, name_key order by stated_birthday) as generation
    from preceded

),

families as (

    select
        value_key,
        period,
        name_key
    from generations
    group by value_key, period, name_key
    having max(generation) > 0

),

-- accounts opened on one day with one phone are one person's: the names on them
opened_together as (

    select
        value_key,
        period,
        registered_day,
        min(name_key) as first_name_key,
        max(name_key) as last_name_key
    from placed
    where needs_same_name and is_account and registered_day is not null
    group by value_key, period, registered_day
    having count(*) > count(name_key)

),

-- a name is a group of its own; an account without a name joins the one name of its day, or its day
accounts as (

    select
        placed.*,
        case
            when placed.period = -1 then null
            when not placed.needs_same_name then 0
            when placed.name_key is not null and families.name_key is null then placed.name_key
            -- of whom no birthday is known may be either
            when placed.name_key is not null then placed.name_key + generations.generation
            when not placed.is_account then null
            when opened_together.first_name_key is null then -opened_together.registered_day
            when opened_together.first_name_key = opened_together.last_name_key then opened_together.first_name_key
        end as name_group
    from placed
    left join opened_together
        on
            placed.value_key = opened_together.value_key
            and placed.period = opened_together.period
            and placed.registered_day = opened_together.registered_day
    left join families
        on
            placed.value_key = families.value_key
            and placed.period = families.period
            and placed.name_key = families.name_key
    left join generations
        on
            placed.value_key = generations.value_key
            and placed.period = generations.period
            and placed.name_key = generations.name_key
            and placed.stated_birthday = generations.stated_birthday

),

-- a contact without a name joins where everybody else on the value is of one group, and always was: on a value that
-- changed hands it may be either owner's, or of their household
common_groups as (

    select
        value_key,
        period,
        min(name_group) as name_group
    from accounts
    where needs_same_name and not changed_hands
    group by value_key, period
    having
        count(*) filter (where name_key is null and not is_account) > 0
        and count(*) filter (where name_group is null and is_account) = 0
        and coalesce(min(name_group), 0) = coalesce(max(name_group), 0)

),

contacts as (

    select
        accounts.value_key,
        accounts.profile_key,
        accounts.name_key,
        accounts.needs_same_name,
        accounts.period,
        case
            when accounts.name_group is not null then accounts.name_group
            when accounts.is_account then null
            when common_groups.value_key is not null then coalesce(common_groups.name_group, 0)
        end as name_group,
        accounts.trust
    from accounts
    left join common_groups
        on
            accounts.value_key = common_groups.value_key
            and accounts.period = common_groups.period

),

grouped as (

    select
        value_key,
        period,
        name_group,
        min(profile_key) as centre_key,
        count(*) as members
    from contacts
    where name_group is not null
    group by value_key, period, name_group

),

final as (

    select
        contacts.value_key,
        contacts.profile_key,
        grouped.centre_key,
        contacts.name_group,
        contacts.period,
        contacts.needs_same_name and coalesce(contacts.name_group, 0) > 0 as is_by_name,
        coalesce(grouped.members, 1) < 2 as is_alone,
        contacts.trust + case when contacts.needs_same_name and contacts.name_group > 0 then 5 else 0 end as strength
    from contacts
    left join grouped
        on
            contacts.value_key = grouped.value_key
            and contacts.period = grouped.period
            and contacts.name_group = grouped.name_group
    -- alone among others: kept only where a name is what is missing
    where grouped.members > 1 or (contacts.name_key is null and contacts.needs_same_name)

)

select * from final
