-- Retired customer ids that are in use again, or whose customer is not in the map.
with living as (

    select distinct customer_id from {{ ref('customer_map') }}

)

select redirects.retired_customer_id
from {{ ref('customer_id_redirects') }} as redirects
left join living on redirects.customer_id = living.customer_id
left join living as revived on redirects.retired_customer_id = revived.customer_id
where living.customer_id is null or revived.customer_id is not null
