with shared_values as (

    select * from {{ ref('int_identity__shared_values') }}

),

circles as (

    select * from {{ ref('int_identity__circles') }}

),

-- values with somebody on them who has no name, and stays apart for it
nameless as (

    select distinct value_key
    from circles
    where is_alone

),

reasoned as (

    select
        shared_values.identifier_type,
        shared_values.identifier_value,
        shared_values.identifier_mask,
        coalesce(shared_values.reason, case when nameless.value_key is not null then 'name_missing' end) as reason,
        shared_values.profiles,
        shared_values.people,
        shared_values.names
    from shared_values
    left join nameless on shared_values.value_key = nameless.value_key

),

final as (

    select * from reasoned
    where reason is not null

)

select * from final
