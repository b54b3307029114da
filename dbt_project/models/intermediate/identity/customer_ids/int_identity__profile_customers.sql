{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__affected_profiles') }}

{#- an affected profile is there unless it is among the changed ones without a fingerprint -#}
with profiles as (

    select source_profile_id
    from {{ ref('int_profiles') }}
    where not is_test

),

gone as (

    select profile_key
    from {{ ref('int_identity__changed_profiles') }}
    where fingerprint is null

),

registry as (

    select * from {{ ref('int_identity__profile_registry') }}
    where {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

components as (

    select * from {{ ref('int_identity__components') }}
    where {{ among_affected('node_id', 'profile_key', 'int_identity__affected_profiles') }}

),

known as (

    select
        registry.source_profile_id,
        {{ customer_id_of('registry.source_profile_id') }} as own_customer_id,
        registry.profile_key,
        registry.first_load_id,
        registry.registered_at,
        components.cluster_id
    from registry
    {%- if only_affected() %}
    left join gone on registry.profile_key = gone.profile_key
    {%- else %}
    inner join profiles on registry.source_profile_id = profiles.source_profile_id
    {%- endif %}
    left join components on registry.profile_key = components.node_id
    {%- if only_affected() %}
    where gone.profile_key is null
    {%- endif %}

),

-- whoever entered the register first gives the customer its id: a merge keeps the older one
final as (

    select
        source_profile_id,
        first_value(own_customer_id) over (
            partition by cluster_id
            order by first_load_id nulls last, registered_at nulls last, source_profile_id
        ) as customer_id,
        own_customer_id,
        profile_key
    from known
    where cluster_id is not null
    union all
    select
        source_profile_id,
        own_customer_id as customer_id,
        own_customer_id,
        profile_key
    from known
    where cluster_id is null

)

select * from final
