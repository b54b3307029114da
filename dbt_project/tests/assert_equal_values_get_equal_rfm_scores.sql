-- Values of recency, frequency or money that were given several scores.
with scored as (

    select
        'recency' as measure,
        cast(recency_days as decimal(18, 2)) as value,
        r_score as score
    from {{ ref('customer_rfm') }}
    union all
    select
        'frequency' as measure,
        cast(frequency as decimal(18, 2)) as value,
        f_score as score
    from {{ ref('customer_rfm') }}
    union all
    select
        'monetary' as measure,
        monetary as value,
        m_score as score
    from {{ ref('customer_rfm') }}

)

select
    measure,
    value
from scored
group by measure, value
having min(score) <> max(score)
