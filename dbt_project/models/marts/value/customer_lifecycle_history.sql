with activity as (

    select * from {{ ref('int_customer_totals') }}

),

rules as (

    {{ thresholds(['new_days', 'active_interactions', 'purchase_days', 'dormant_days', 'churned_days']) }}

),

-- the last purchase and interaction known at each point of the grid
known as (

    select
        customer_id,
        {%- for point in grid_points() %}
        interactions_30d_month_{{ point }},
        purchase_day_{{ point }} as last_purchase_{{ point }},
        first_purchase_day_{{ point }},
        {%- if point == 0 %}
        last_interaction_day_month_0 as last_interaction_0,
        {%- else %}
        greatest(
            {%- for n in range(point + 1) %}last_interaction_day_month_{{ n }}{{ ', ' if not loop.last }}{% endfor -%}
        )
            as last_interaction_{{ point }},
        {%- endif %}
        {%- endfor %}
        cast(registered_at as date) as registered_day,
        coalesce(cast(first_seen_at as date), {{ grid_date(0) }}) as first_seen_day
    from activity

),

stages as (

    select
        known.customer_id,
        {%- for point in grid_points() %}
        {{ lifecycle_stage(
            'known.first_purchase_day_' ~ point, 'known.last_purchase_' ~ point, 'known.registered_day',
            'known.last_interaction_' ~ point, 'known.first_seen_day', 'known.interactions_30d_month_' ~ point,
            grid_date(point), 'rules') }} as stage_{{ point }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known
    cross join rules

),

-- one row where the stage differs from the point before
changes as (
    {%- for point in grid_points() %}

    select
        customer_id,
        stage_{{ point }} as stage,
        {{ 'cast(null as string)' if point == 0 else 'stage_' ~ (point - 1) }} as previous_stage,
        {{ grid_date(point) }} as valid_from
    from stages
    where stage_{{ point }} is not null
    {%- if point > 0 %} and (stage_{{ point - 1 }} is null or stage_{{ point }} <> stage_{{ point - 1 }}){% endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

bounded as (

    select
        changes.*,
        lead(valid_from) over (partition by customer_id order by valid_from) as valid_to
    from changes

),

final as (

    select
        customer_id,
        stage,
        previous_stage,
        valid_to is null as is_current,
        valid_from,
        valid_to
    from bounded

)

select * from final
