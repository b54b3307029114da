with lines as (

    select * from {{ ref('stg_online_retail__lines') }}

),

customers as (

    select
        native_id,
        max_by(country, invoiced_at) as country,
        min(invoiced_at) as first_invoiced_at,
        max(invoiced_at) as last_invoiced_at,
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
            'registered_at': 'first_invoiced_at',
            'updated_at': 'last_invoiced_at',
            'first_load_id': 'first_load_id'
        }) }}
    from customers

)

select * from final
