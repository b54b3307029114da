{%- set kinds = ['stage', 'segment_8', 'segment_11', 'abc_class', 'value_tier', 'loyalty_tier', 'quadrant'] -%}
with history as (

    select * from {{ ref('customer_state_history') }}

),

-- how many were in the same states from and until the same days
counted as (

    select
        {%- for kind in kinds %}
        {{ kind }},
        {%- endfor %}
        cast(count(*) as bigint) as customers,
        valid_from,
        valid_to
    from history
    group by {{ kinds | join(', ') }}, valid_from, valid_to

),

-- they come on one day and go on the other
changes as (

    {%- for kind in kinds %}
    select
        '{{ kind }}' as kind,
        {{ kind }} as segment,
        customers as change,
        valid_from as day
    from counted
    where {{ kind }} is not null
    union all
    select
        '{{ kind }}' as kind,
        {{ kind }} as segment,
        -customers as change,
        valid_to as day
    from counted
    where {{ kind }} is not null and valid_to is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

changes_by_day as (

    select
        kind,
        segment,
        sum(change) as change,
        day
    from changes
    group by kind, segment, day

),

days as (

    select distinct day from changes

),

segments as (

    select distinct
        kind,
        segment
    from changes

),

final as (

    select
        segments.kind,
        segments.segment,
        cast(sum(coalesce(changes_by_day.change, 0)) over (
            partition by segments.kind, segments.segment order by days.day
        ) as bigint) as customers,
        days.day
    from segments
    cross join days
    left join changes_by_day
        on segments.kind = changes_by_day.kind
        and segments.segment = changes_by_day.segment
        and days.day = changes_by_day.day

)

select * from final
