{{ config(schema='intermediate', access='protected') }}
{%- set checks = plan_checks() %}
{%- set own_checks = [candidate_checks() | length, checks | length] | min %}
{%- set first_checks = [own_checks + 2, checks | length] | min %}
{%- set rest_of_checks = checks | length - first_checks %}

with plan_reasons as (

    select * from {{ ref('plan_reasons') }}

),

checks as (
    {%- for check in plan_checks() %}

    select
        '{{ check }}' as reason,
        {{ 2 ** loop.index0 }} as check_bit
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- the first checks can fail in every combination, the rest only where none of the candidate's own did
combinations as (

    select cast(n as int) as failed_checks from {{ series(2 ** first_checks, 'r', 'n') }}
    {%- if rest_of_checks %}

    union all

    select cast(lower_bits.n * {{ 2 ** own_checks }} + upper_bits.n * {{ 2 ** first_checks }} as int) as failed_checks
    from {{ series(2 ** (first_checks - own_checks), 'lower_bits', 'n') }}
    cross join {{ series(2 ** rest_of_checks, 'upper_bits', 'n') }}
    where upper_bits.n > 0
    {%- endif %}

),

-- a check that the seed does not list comes first, and refuses
failed as (

    select
        combinations.failed_checks,
        checks.reason,
        coalesce(plan_reasons.decision, 'refuse') as decision,
        row_number() over (
            partition by combinations.failed_checks
            order by plan_reasons.position nulls first, checks.check_bit
        ) as place
    from combinations
    inner join checks on (combinations.failed_checks & checks.check_bit) > 0
    left join plan_reasons on checks.reason = plan_reasons.reason

),

explained as (

    select
        failed_checks,
        max(case when place = 1 then reason end) as reason,
        max(case when place = 1 then decision end) as decision,
        {{ text_in_order('reason', 'place') }} as reasons
    from failed
    group by failed_checks

),

final as (

    select
        combinations.failed_checks,
        -- who failed nothing gets the message
        coalesce(explained.decision, case when combinations.failed_checks = 0 then 'send' end) as decision,
        explained.reason,
        explained.reasons
    from combinations
    left join explained on combinations.failed_checks = explained.failed_checks

)

select * from final
