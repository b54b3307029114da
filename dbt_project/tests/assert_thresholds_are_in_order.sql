-- Limits that contradict each other: a stage or class between them would have no customers, or the wrong ones.
with rules as (

    {{ thresholds([
        'dormant_days', 'churned_days', 'abc_a_percent', 'abc_b_percent', 'high_value_score', 'quadrant_high_percent'
    ]) }}

),

final as (

    select 'dormant_days is not below churned_days' as problem from rules
    where dormant_days >= churned_days
    union all
    select 'abc_a_percent is not below abc_b_percent' as problem from rules
    where abc_a_percent >= abc_b_percent
    union all
    select 'a percentage or score is above 100' as problem from rules
    where greatest(abc_a_percent, abc_b_percent, high_value_score, quadrant_high_percent) > 100

)

select * from final
