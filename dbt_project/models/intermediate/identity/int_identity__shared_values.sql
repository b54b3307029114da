with observations as (

    select * from {{ ref('int_identity__observations') }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

blocked_values as (

    select * from {{ ref('identity_blocked_values') }}

),

shared as (

    select
        identifier_type,
        identifier_value,
        max(identifier_mask) as identifier_mask,
        max(rests_on_phone) as rests_on_phone,
        count(*) as profiles,
        count(distinct person_key) as people,
        coalesce(
            nullif(count(distinct case when not is_latin_name then identity_name_token end), 0),
            count(distinct identity_name_token)
        ) as names
    from observations
    group by identifier_type, identifier_value
    having count(*) > 1

),

judged as (

    select
        shared.*,
        case
            when blocked_values.identifier_value is not null then 'blocked_value'
            when shared.people > rules.people_cap then 'too_many_people'
            when rules.needs_same_name and shared.names > 1 then 'names_differ'
        end as reason
    from shared
    inner join rules on shared.identifier_type = rules.identifier_type
    left join blocked_values
        on
            shared.identifier_type = blocked_values.identifier_type
            and shared.identifier_value = blocked_values.identifier_value
    where rules.is_linking

),

refused_phones as (

    select identifier_value
    from judged
    where identifier_type = 'phone' and reason in ('blocked_value', 'too_many_people')

),

final as (

    select
        judged.identifier_type,
        judged.identifier_value,
        judged.identifier_mask,
        -- what is combined with a phone that belongs to nobody proves nothing either
        case when refused_phones.identifier_value is not null then 'too_many_people' else judged.reason end as reason,
        cast(judged.profiles as int) as profiles,
        cast(judged.people as int) as people,
        cast(judged.names as int) as names
    from judged
    left join refused_phones on judged.rests_on_phone = refused_phones.identifier_value

)

select * from final
