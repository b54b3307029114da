with entries as (
    {%- for channel in channels_with('points') %}

    select
        '{{ channel }}:' || member_no as source_profile_id,
        '{{ channel }}:' || entry_id as entry_id,
        '{{ channel }}' as channel,
        kind,
        {{ source_word('kind') }} as word,
        points,
        occurred_at,
        load_id
    from {{ ref('stg_' ~ channel ~ '__points') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        cast(null as string) as source_profile_id,
        cast(null as string) as entry_id,
        cast(null as string) as channel,
        cast(null as string) as kind,
        cast(null as string) as word,
        cast(null as bigint) as points,
        cast(null as timestamp) as occurred_at,
        cast(null as string) as load_id
    where false
    {%- endfor %}

),

words as (

    select
        channel,
        {{ source_word('word') }} as word,
        kind
    from {{ ref('point_kind_words') }}

),

kinds as (

    select * from {{ ref('point_kinds') }}

),

read as (

    select
        entries.*,
        kinds.kind as known_kind,
        kinds.direction
    from entries
    left join words as own_words
        on entries.channel = own_words.channel
        and entries.word = own_words.word
    left join words as common_words
        on common_words.channel = '*'
        and entries.word = common_words.word
    left join kinds on coalesce(own_words.kind, common_words.kind) = kinds.kind

),

-- earning adds; spending and expiry take away, however the source writes the sign; a reversal carries its own sign
final as (

    select
        source_profile_id,
        entry_id,
        channel,
        coalesce(known_kind, word) as kind,
        cast(case
            when occurred_at is null then null
            when direction = 0 then points
            else direction * abs(points)
        end as bigint) as points,
        case
            when occurred_at is null then 'no_time'
            when word is null then 'no_kind'
            when direction is null then 'unknown_kind'
            when points is null then 'no_amount'
        end as held_reason,
        case when word is not null and direction is null then {{ shown_word('kind') }} end as held_value,
        occurred_at,
        load_id
    from read

)

select * from final
