with edges as (

    select * from {{ ref('int_identity__edges') }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

identity_rules as (

    select * from {{ ref('identity_rules') }}

),

final as (

    select
        customer_profiles.customer_id,
        edges.source_profile_id,
        edges.linked_profile_id,
        edges.identifier_type,
        edges.identifier_mask,
        case edges.reason
            when 'same_value_and_name' then '相同的' || coalesce(identity_rules.name_zh, edges.identifier_type) || '和姓名'
            else '相同的' || coalesce(identity_rules.name_zh, edges.identifier_type)
        end as reason_zh,
        case edges.reason
            when 'same_value_and_name'
                then 'same ' || coalesce(identity_rules.name_en, edges.identifier_type) || ' and name'
            else 'same ' || coalesce(identity_rules.name_en, edges.identifier_type)
        end as reason_en
    from edges
    inner join customer_profiles on edges.source_profile_id = customer_profiles.source_profile_id
    left join identity_rules on edges.identifier_type = identity_rules.identifier_type

)

select * from final
