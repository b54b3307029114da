with suppressions as (

    select * from {{ ref('int_suppressions') }}
    where scope = 'person'

),

identifiers as (

    select * from {{ ref('int_customer_identifiers') }}

),

final as (

    select
        identifiers.customer_id,
        suppressions.channel,
        bool_or(suppressions.is_erased) as is_erased
    from suppressions
    inner join identifiers
        on suppressions.identifier_type = identifiers.identifier_type
        and suppressions.identifier_token = identifiers.identifier_value
    group by identifiers.customer_id, suppressions.channel

)

select * from final
