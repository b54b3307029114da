{{ kept_by('customer_id', affected='affected_tagged_customers') }}

with families as (

    select * from {{ ref('int_customer_tag_families') }}
    where {{ among_affected('customer_id') }}

),

final as (

    select
        customer_id,
        is_profiled,
        tags,
        counted_tags
    from families

)

select * from final
