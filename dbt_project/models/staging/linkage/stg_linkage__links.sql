with source as (

    select * from {{ lake_relation('raw_linkage', 'links') }}

),

final as (

    select
        left_profile_id,
        right_profile_id,
        model_version,
        field_weights,
        match_weight,
        match_probability,
        linked_at
    from source

)

select * from final
