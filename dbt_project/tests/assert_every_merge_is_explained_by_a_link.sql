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

accepted_links as (

    select * from {{ ref('int_identity__accepted_links') }}

),

both_ways as (

    select
        source_profile_id,
        linked_profile_id
    from accepted_links
    union distinct
    select
        linked_profile_id as source_profile_id,
        source_profile_id as linked_profile_id
    from accepted_links

),

-- On a past day customers are those of today: what joined them may be a profile that came later and is not shown.
linked_to_unseen as (

    select both_ways.source_profile_id
    from both_ways
    left join profiles on both_ways.linked_profile_id = profiles.source_profile_id
    where profiles.source_profile_id is null

),

linked as (

    select source_profile_id from links
    union distinct
    select linked_profile_id as source_profile_id from links
    union distinct
    select source_profile_id from linked_to_unseen

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
