with delivered as (

    select * from {{ ref('stg_records__rows') }}

),

row_people as (

    select * from {{ ref('stg_records__row_people') }}

),

newest as (

    select
        delivered.*,
        row_people.person_id,
        row_people.shares_key_with,
        min(delivered._dlt_load_id) over (partition by row_people.person_id) as first_load_id
    from delivered
    inner join row_people on delivered.record_id = row_people.record_id and delivered.place = row_people.place
    qualify row_number() over (
        partition by row_people.person_id
        order by delivered._dlt_load_id desc, delivered._source_file desc, delivered._line desc
    ) = 1

),

final as (

    select
        person_id as record_id,
        shares_key_with,
        {{ clean_text('source') }} as source,
        given_name_token,
        given_name_ref,
        given_name_mask,
        given_name_features,
        family_name_token,
        family_name_ref,
        family_name_mask,
        family_name_features,
        name_token,
        name_ref,
        name_mask,
        name_features,
        phone_token,
        phone_mask,
        phone_line_type,
        phone_further,
        phone_features,
        email_token,
        email_mask,
        email_further,
        email_features,
        id_number_features,
        address_token,
        address_ref,
        address_mask,
        address_features,
        address_line_2_token,
        address_line_2_ref,
        address_line_2_mask,
        address_line_2_features,
        {{ clean_text('birthday') }} as birthday,
        {{ clean_text('house_number') }} as house_number,
        {{ clean_place('city') }} as city,
        {{ clean_text('postcode') }} as postcode,
        {{ clean_place('province') }} as province,
        {{ clean_text('birthplace') }} as birthplace,
        {{ clean_text('company') }} as company,
        {{ clean_text('job_title') }} as job_title,
        {{ clean_gender('gender') }} as gender,
        first_load_id,
        _dlt_load_id as load_id
    from newest

)

select * from final
