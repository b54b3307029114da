{#- given and family name apart say more than both in one -#}
{%- set parted_features -%}
    case
        when coalesce(given_name_features, family_name_features) is null then name_features
        else
            coalesce(split_part(given_name_features, '|', 1), '')
            || '|'
            || coalesce(split_part(family_name_features, '|', 2), '')
    end
{%- endset -%}
with delivered as (

    select * from {{ ref('stg_records__rows') }}

),

-- an id that comes twice is nearly always the same person's, so only these few are looked at
several as (

    select
        record_id,
        place,
        _file_id,
        whole_name_token as name_token,
        {{ parted_features }} as name_features,
        phone_token,
        email_token,
        whole_id_token,
        {{ digits_of_date(clean_text('birthday')) }} as birthday
    from delivered
    where rows_of_id > 1

),

people as (

    {{ people_of_key(
        'several',
        key=['record_id'],
        shared=['phone_token', 'email_token', 'whole_id_token', 'birthday'],
        in_one_file=true
    ) }}

),

final as (

    select
        delivered.record_id,
        delivered.place,
        delivered._file_id,
        delivered._line,
        {{ person_id('delivered.record_id', 'coalesce(people.person_place, 1)') }} as person_id,
        case when people.person_place > 1 then delivered.record_id end as shares_key_with
    from delivered
    left join people on delivered.record_id = people.record_id and delivered.place = people.place

)

select * from final
