{{ config(materialized='affected_rows', key='value_key', affected='int_identity__affected_values') }}

with shared_values as (

    select * from {{ ref('int_identity__shared_values') }}
    where {{ among_affected('value_key', 'value_key', 'int_identity__affected_values') }}

),

identifier_groups as (

    select * from {{ ref('int_identity__identifier_groups') }}
    where is_alone and {{ among_affected('value_key', 'value_key', 'int_identity__affected_values') }}

),

-- values with somebody on them who has no name, and stays apart for it
nameless as (

    select distinct value_key from identifier_groups

),

reasoned as (

    select
        shared_values.identifier_type,
        shared_values.identifier_value,
        shared_values.identifier_mask,
        shared_values.value_key,
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
