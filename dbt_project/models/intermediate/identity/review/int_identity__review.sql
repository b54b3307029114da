with untrusted_values as (

    select * from {{ ref('int_identity__untrusted_values') }}

),

observations as (

    select * from {{ ref('int_identity__observations') }}

),

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

links as (

    select * from {{ ref('stg_linkage__links') }}

),

decisions as (

    select * from {{ ref('int_identity__decisions') }}
    where is_active

),

profile_customers as (

    select * from {{ ref('int_identity__profile_customers') }}

),

profiles as (

    select * from {{ ref('int_profiles') }}
    where shares_key_with is not null and not is_test

),

-- of each customer that carries the value the first profile
carriers as (

    select
        untrusted_values.identifier_type,
        untrusted_values.identifier_value,
        profile_customers.customer_id,
        min(observations.source_profile_id) as source_profile_id
    from untrusted_values
    inner join observations
        on
            untrusted_values.identifier_type = observations.identifier_type
            and untrusted_values.identifier_value = observations.identifier_value
    inner join profile_customers on observations.source_profile_id = profile_customers.source_profile_id
    group by untrusted_values.identifier_type, untrusted_values.identifier_value, profile_customers.customer_id

),

placed as (

    select
        *,
        row_number() over (partition by identifier_type, identifier_value order by source_profile_id) as place
    from carriers

),

-- two of different customers, for a steward to look at
examples as (

    select
        identifier_type,
        identifier_value,
        max(case when place = 1 then source_profile_id end) as left_profile_id,
        max(case when place = 2 then source_profile_id end) as right_profile_id,
        cast(count(*) as int) as customers
    from placed
    group by identifier_type, identifier_value

),

shared_values as (

    select
        'shared_value' as kind,
        untrusted_values.reason,
        examples.left_profile_id,
        examples.right_profile_id,
        untrusted_values.identifier_type,
        untrusted_values.identifier_value,
        untrusted_values.identifier_mask,
        cast(null as string) as model_version,
        cast(null as string) as field_weights,
        untrusted_values.profiles,
        examples.customers,
        cast(null as double) as match_weight,
        cast(null as double) as match_probability
    from untrusted_values
    inner join examples
        on
            untrusted_values.identifier_type = examples.identifier_type
            and untrusted_values.identifier_value = examples.identifier_value

),

refused as (

    select
        'refused_edge' as kind,
        guard_reason as reason,
        least(source_profile_id, linked_profile_id) as left_profile_id,
        greatest(source_profile_id, linked_profile_id) as right_profile_id,
        identifier_type,
        identifier_value,
        case when identifier_type <> 'linkage' then identifier_mask end as identifier_mask,
        case when identifier_type = 'linkage' then identifier_value end as model_version,
        case when identifier_type = 'linkage' then identifier_mask end as field_weights,
        cast(2 as int) as profiles,
        cast(2 as int) as customers,
        cast(null as double) as match_weight,
        cast(null as double) as match_probability
    from refused_links
    -- what a steward has separated waits for nobody
    where guard_reason <> 'steward_separate'

),

probable as (

    select
        'probable_link' as kind,
        'between_thresholds' as reason,
        left_profile_id,
        right_profile_id,
        'linkage' as identifier_type,
        model_version as identifier_value,
        cast(null as string) as identifier_mask,
        model_version,
        field_weights,
        cast(2 as int) as profiles,
        cast(2 as int) as customers,
        match_weight,
        match_probability
    from links
    where
        match_probability >= {{ var('linkage_review_probability') }}
        and match_probability < {{ var('linkage_join_probability') }}

),

shared_keys as (

    select
        'shared_key' as kind,
        'key_of_another_person' as reason,
        least(source_profile_id, shares_key_with) as left_profile_id,
        greatest(source_profile_id, shares_key_with) as right_profile_id,
        'source_key' as identifier_type,
        shares_key_with as identifier_value,
        shares_key_with as identifier_mask,
        cast(null as string) as model_version,
        cast(null as string) as field_weights,
        cast(2 as int) as profiles,
        cast(2 as int) as customers,
        cast(null as double) as match_weight,
        cast(null as double) as match_probability
    from profiles

),

pairs as (

    select * from refused
    union all
    select * from probable
    union all
    select * from shared_keys

),

-- a pair that has been decided, or is one customer through other links, needs nobody's eyes
open_pairs as (

    select pairs.*
    from pairs
    inner join profile_customers as lefts on pairs.left_profile_id = lefts.source_profile_id
    inner join profile_customers as rights on pairs.right_profile_id = rights.source_profile_id
    left join decisions
        on
            pairs.left_profile_id = decisions.left_profile_id
            and pairs.right_profile_id = decisions.right_profile_id
    where decisions.decision_id is null and lefts.customer_id <> rights.customer_id

),

united as (

    select * from shared_values
    union all
    select * from open_pairs

),

final as (

    select
        {{ surrogate_key([
            'united.kind', 'united.identifier_type', 'united.identifier_value', 'united.left_profile_id',
            'united.right_profile_id',
        ]) }} as review_id,
        united.kind,
        united.reason,
        united.left_profile_id,
        united.right_profile_id,
        lefts.customer_id as left_customer_id,
        rights.customer_id as right_customer_id,
        united.identifier_type,
        united.identifier_value,
        united.identifier_mask,
        united.model_version,
        united.field_weights,
        united.profiles,
        united.customers,
        united.match_weight,
        united.match_probability
    from united
    left join profile_customers as lefts on united.left_profile_id = lefts.source_profile_id
    left join profile_customers as rights on united.right_profile_id = rights.source_profile_id

)

select * from final
