-- Profiles that share a customer with others though no link leads to them.
with profiles as (

    select
        source_profile_id,
        customer_id
    from {{ ref('customer_profiles') }}

),

links as (

    select * from {{ ref('customer_links') }}

),

linked as (

    select source_profile_id from links
    union distinct
    select linked_profile_id as source_profile_id from links

),

together as (

    select customer_id
    from profiles
    group by customer_id
    having count(*) > 1

)

select profiles.source_profile_id
from profiles
inner join together on profiles.customer_id = together.customer_id
left join linked on profiles.source_profile_id = linked.source_profile_id
where linked.source_profile_id is null
