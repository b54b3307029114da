with people as (

    select * from {{ ref('stg_records__people') }}

),

named as (

    select
        *,
        coalesce(name_token, family_name_token || '+' || given_name_token) as whole_name_token,
        -- a name that cannot be read leaves given and family name: token, reference and mask are those of one value
        case
            when name_token is null and family_name_token || given_name_token is not null then family_name_ref
            else coalesce(name_ref, family_name_ref)
        end as whole_name_ref,
        case
            when name_token is null and family_name_token || given_name_token is not null then family_name_mask
            else coalesce(name_mask, family_name_mask)
        end as whole_name_mask,
        -- given and family name apart say more than both in one
        case
            when coalesce(given_name_features, family_name_features) is null then name_features
            else
                coalesce(split_part(given_name_features, '|', 1), '')
                || '|'
                || coalesce(split_part(family_name_features, '|', 2), '')
        end as parted_name_features
    from people

),

-- Numbers and birthdays of a list are hearsay: linkage weighs them, but they neither prove nor refute on their own.
final as (

    select
        {{ concept('profiles', {
            'native_id': 'record_id',
            'name_token': 'whole_name_token',
            'name_ref': 'whole_name_ref',
            'name_mask': 'whole_name_mask',
            'name_features': 'parted_name_features',
            'phone_features': 'phone_features',
            'id_number_features': 'id_number_features',
            'birthday_text': digits_of_date('birthday'),
            'house_number': 'house_number',
            'city': 'city',
            'postcode': 'postcode',
            'province': 'province',
            'birthplace': 'birthplace',
            'company': 'company',
            'job_title': 'job_title',
            'gender': 'gender',
            'shares_key_with': 'shares_key_with',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'email', 'address', 'address_line_2']) }}
    from named

)

select * from final
