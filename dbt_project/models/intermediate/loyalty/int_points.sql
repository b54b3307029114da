with entries as (
    {%- for channel in channels_with('points') %}

    select
        '{{ channel }}:' || member_no as source_profile_id,
        '{{ channel }}:' || entry_id as entry_id,
        kind,
        points,
        occurred_at
    from {{ ref('stg_' ~ channel ~ '__points') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        cast(null as string) as source_profile_id,
        cast(null as string) as entry_id,
        cast(null as string) as kind,
        cast(null as bigint) as points,
        cast(null as timestamp) as occurred_at
    where false
    {%- endfor %}

),

-- earning adds; spending and expiry take away, however the source writes the sign; a reversal carries its own sign
final as (

    select
        source_profile_id,
        entry_id,
        kind,
        cast(case kind
            when 'earn' then abs(points)
            when 'spend' then -abs(points)
            when 'expire' then -abs(points)
            else points
        end as bigint) as points,
        occurred_at
    from entries

)

select * from final
