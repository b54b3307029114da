with circles as (

    select * from {{ ref('int_identity__circles') }}
    where not is_alone and profile_key in (select profile_key from {{ ref('int_identity__suspect_profiles') }})

),

pair_links as (

    select * from {{ ref('int_identity__pair_links') }}

),

suspect_profiles as (

    select * from {{ ref('int_identity__suspect_profiles') }}

),

united as (

    select
        {{ circle_key('value_key', 'period', 'circle') }} as circle_key,
        profile_key,
        strength
    from circles
    union all
    select
        {{ circle_key('value_key', '0', '0') }} as circle_key,
        profile_key,
        strength
    from pair_links
    union all
    select
        {{ circle_key('value_key', '0', '0') }} as circle_key,
        linked_key as profile_key,
        strength
    from pair_links

),

final as (

    select
        united.circle_key,
        united.profile_key as node_id,
        united.strength
    from united
    inner join suspect_profiles on united.profile_key = suspect_profiles.profile_key

)

select * from final
