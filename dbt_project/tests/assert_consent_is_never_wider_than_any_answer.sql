-- Customers who count as consenting although the newest answer of one of their identifiers, in one source, is no.
with answers as (

    select *
    from {{ ref('int_consents') }}
    where
        purpose = 'marketing'
        and (changed_at is null or changed_at < {{ as_of_end() }})

),

newest as (

    select
        identifier_type,
        identifier_token,
        channel,
        source,
        max(changed_at) as changed_at
    from answers
    group by identifier_type, identifier_token, channel, source

),

refusals as (

    select distinct
        answers.identifier_type,
        answers.identifier_token,
        answers.channel
    from answers
    inner join newest
        on answers.identifier_type = newest.identifier_type
        and answers.identifier_token = newest.identifier_token
        and answers.channel = newest.channel
        and answers.source = newest.source
        and (answers.changed_at = newest.changed_at or newest.changed_at is null)
    where not answers.granted

)

select
    customers.customer_id,
    refusals.channel
from {{ ref('customers') }} as customers
inner join {{ ref('customer_identifiers') }} as identifiers on customers.customer_id = identifiers.customer_id
inner join refusals
    on identifiers.identifier_type = refusals.identifier_type
    and identifiers.identifier_value = refusals.identifier_token
where
    {{ consents_to('customers', 'refusals.channel') }}
