-- Messages planned for customers of the campaign's own hold-out group.
select
    campaign_id,
    customer_id,
    channel
from {{ ref('campaign_plan') }}
where is_holdout and decision = 'send'
