with users as (

    select * from {{ ref('stg_app__users') }}

),

final as (

    select
        {{ concept('consents', {
            'identifier_type': "'app_user_id'",
            'identifier_token': 'coalesce(shares_key_with, app_user_id)',
            'channel': "'app_push'",
            'purpose': "'marketing'",
            'granted': 'push_opt_in',
            'source': "'app'",
            'changed_at': 'updated_at'
        }) }}
    from users
    where app_user_id is not null and push_opt_in is not null

)

select * from final
