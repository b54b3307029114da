with source as (

    {{ raw('records', 'people') }}

),

final as (

    select
        *,
        coalesce(name_token, family_name_token || '+' || given_name_token, family_name_token, given_name_token)
            as whole_name_token,
        split_part(id_number_features, '.', 1) as whole_id_token,
        row_number() over (partition by record_id order by _dlt_load_id, _source_file, _line) as place,
        count(*) over (partition by record_id) as rows_of_id
    from source

)

select * from final
