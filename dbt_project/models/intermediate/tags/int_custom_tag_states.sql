{{ kept_by('customer_id', affected='affected_tagged_customers') }}

with members as (

    select * from {{ ref('int_custom_tag_members') }}
    where {{ among_affected('customer_id') }}

),

final as (

    select
        customer_id,
        tag,
        value
    from members

)

select * from final
