with consents as (

    select * from {{ ref('customer_consents') }}

),

field_sources as (

    select * from {{ ref('int_customer_field_sources') }}

),

profiles as (

    select * from {{ ref('int_profiles') }}

),

rules as (

    {{ thresholds(['adult_years']) }}

),

opted_out as (

    select distinct customer_id from consents
    where purpose = 'profiling' and not is_granted

),

-- by the birthday of the golden record
minors as (

    select field_sources.customer_id
    from field_sources
    inner join profiles on field_sources.source_profile_id = profiles.source_profile_id
    cross join rules
    where field_sources.field = 'birthday' and {{ full_years('profiles.birthday', as_of()) }} < rules.adult_years

),

final as (

    select
        coalesce(opted_out.customer_id, minors.customer_id) as customer_id,
        case when opted_out.customer_id is not null then 'opted_out' else 'minor' end as reason
    from opted_out
    full outer join minors on opted_out.customer_id = minors.customer_id

)

select * from final
