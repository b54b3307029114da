with festivals as (

    select * from {{ ref('festivals') }}
    where country = '{{ var("festival_country") }}'

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

final as (

    select customer_id from lifecycle
    where
        stage not in ('prospect', 'churned')
        and exists (
            select 1 from festivals
            where {{ comes_within('festivals.day', var('festival_lead_days')) }}
        )

)

select * from final
