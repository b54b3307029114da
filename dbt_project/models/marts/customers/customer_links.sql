{{ kept_by('customer_id') }}

with accepted_links as (

    select * from {{ ref('int_identity__accepted_links') }}

),

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

identity_rules as (

    select * from {{ ref('identity_rules') }}

),

decisions as (

    select * from {{ ref('int_identity__decisions') }}

),

joining as (

    select accepted_links.*
    from accepted_links
    left join refused_links
        on
            accepted_links.source_profile_id = refused_links.source_profile_id
            and accepted_links.linked_profile_id = refused_links.linked_profile_id
            and accepted_links.identifier_type = refused_links.identifier_type
            and accepted_links.identifier_value = refused_links.identifier_value
    where refused_links.source_profile_id is null

),

named as (

    select
        joining.*,
        customer_profiles.customer_id,
        coalesce(identity_rules.name_zh, joining.identifier_type) as type_zh,
        coalesce(identity_rules.name_en, joining.identifier_type) as type_en,
        coalesce(' ' || case when joining.reason <> 'probabilistic' then joining.identifier_mask end, '') as shown,
        -- {"name": 4.2, "city": 1.0} as name: 4.2, city: 1.0
        case
            when joining.reason = 'probabilistic'
                then {{ regexp_replace_all('joining.identifier_mask', '[{}"]', '') }}
        end as weights,
        decisions.decided_by,
        decisions.reason as decided_because
    from joining
    inner join customer_profiles on joining.source_profile_id = customer_profiles.source_profile_id
    inner join customer_profiles as linked_profiles
        on
            joining.linked_profile_id = linked_profiles.source_profile_id
            and customer_profiles.customer_id = linked_profiles.customer_id
    left join identity_rules on joining.identifier_type = identity_rules.identifier_type
    left join decisions
        on case when joining.reason = 'steward_join' then joining.identifier_value end = decisions.decision_id

),

final as (

    select
        customer_id,
        source_profile_id,
        linked_profile_id,
        identifier_type,
        identifier_value,
        case when reason <> 'probabilistic' then identifier_mask end as identifier_mask,
        reason,
        case reason
            when 'same_value_and_name' then '相同的' || type_zh || '和姓名' || shown
            when 'steward_join' then '人工裁定：' || coalesce(decided_by, '?') || '，' || coalesce(decided_because, '')
            when 'probabilistic' then '概率匹配：' || coalesce(weights, '')
            else '相同的' || type_zh || shown
        end as reason_zh,
        case reason
            when 'same_value_and_name' then 'same ' || type_en || ' and name' || shown
            when 'steward_join'
                then 'decision of ' || coalesce(decided_by, '?') || ': ' || coalesce(decided_because, '')
            when 'probabilistic' then 'probable match by weight of ' || coalesce(weights, '')
            else 'same ' || type_en || shown
        end as reason_en,
        case when reason = 'probabilistic' then identifier_mask end as field_weights
    from named

)

select * from final
