{{ change_log(state=[]) }}

with profiles as (

    select * from {{ ref('affected_profiles') }}

),
{% if only_affected() %}
fresh as (

    select * from profiles
    where log_no > {{ followed(this.identifier, 'affected_profiles') }}

),

final as (

    select customer_id from fresh
    where customer_id is not null
    union
    select former_customer_id as customer_id from fresh
    where former_customer_id is not null

)
{% else %}
final as (

    select customer_id from profiles
    where 1 = 0

)
{% endif %}
select * from final
