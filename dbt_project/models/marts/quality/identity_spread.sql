{%- set large = 20 -%}
{%- set examples = 5 -%}
-- who had a message of ours is known by customer id: no record of a channel that was merged
with customer_profiles as (

    select
        source_profile_id,
        customer_id
    from {{ ref('customer_map') }}
    where source_profile_id not like 'operations:%'

),

accepted_links as (

    select * from {{ ref('int_identity__accepted_links') }}

),

bounds as (

    select * from {{ ref('identity_bounds') }}

),

ends as (

    select
        source_profile_id,
        identifier_type
    from accepted_links
    union all
    select
        linked_profile_id as source_profile_id,
        identifier_type
    from accepted_links

),

-- who would stand alone if probable links did not count
probable as (

    select source_profile_id
    from ends
    group by source_profile_id
    having min(identifier_type) = 'linkage' and max(identifier_type) = 'linkage'

),

customers as (

    select
        customer_profiles.customer_id,
        count(*) as profiles,
        count(probable.source_profile_id) as probable_profiles
    from customer_profiles
    left join probable on customer_profiles.source_profile_id = probable.source_profile_id
    group by customer_profiles.customer_id

),

totals as (

    select
        count(*) as customers,
        sum(profiles) as profiles,
        sum(probable_profiles) as probable_profiles,
        max(profiles) as largest,
        sum(case when profiles > {{ large }} then 1 else 0 end) as large_customers
    from customers

),

measured as (

    select
        'merged_share' as measure,
        {{ ratio('profiles - customers', 'profiles') }} as value
    from totals
    union all
    select
        'probable_share' as measure,
        {{ ratio('probable_profiles', 'profiles') }} as value
    from totals
    union all
    select
        'largest_customer' as measure,
        cast(largest as double) as value
    from totals
    union all
    select
        'large_share' as measure,
        {{ ratio('large_customers', 'customers') }} as value
    from totals

),

-- the customers to look at first: the largest, and those that probable links hold together
ranked as (

    select
        customer_id,
        profiles,
        row_number() over (order by profiles desc, customer_id) as place,
        row_number() over (order by probable_profiles desc, profiles desc, customer_id) as probable_place
    from customers
    where profiles > 1

),

named as (

    select
        concat_ws(
            ', '
            {%- for place in range(1, examples + 1) %},
            max(case when place = {{ place }} then customer_id || ' (' || cast(profiles as string) || ')' end)
            {%- endfor %}
        ) as largest_customers,
        concat_ws(
            ', '
            {%- for place in range(1, examples + 1) %},
            max(case when probable_place = {{ place }} then customer_id || ' (' || cast(profiles as string) || ')' end)
            {%- endfor %}
        ) as probable_customers
    from ranked

),

final as (

    select
        measured.measure,
        case
            when measured.measure = 'probable_share' then named.probable_customers
            else named.largest_customers
        end as largest_customers,
        coalesce(measured.value, 0) as value,
        bounds.bound,
        coalesce(measured.value, 0) <= bounds.bound as is_within
    from measured
    inner join bounds on measured.measure = bounds.measure
    cross join named

)

select * from final
