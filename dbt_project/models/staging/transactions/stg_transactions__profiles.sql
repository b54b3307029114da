with lines as (

    select * from {{ ref('stg_transactions__lines') }}

),

customers as (

    select
        native_id,
        max_by(country, ordered_at) as country,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        min(load_id) as first_load_id
    from lines
    where native_id is not null
    group by native_id

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'native_id',
            'province': 'country',
            'registered_at': 'first_ordered_at',
            'updated_at': 'last_ordered_at',
            'first_load_id': 'first_load_id'
        }) }}
    from customers

)

select * from final
