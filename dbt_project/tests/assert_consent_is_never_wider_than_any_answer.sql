-- Customers who count as consenting although the newest answer of one of their identifiers, in one source, is no.
with answers as (

    select *
    from {{ ref('int_consents') }}
    where changed_at is null or changed_at < {{ as_of_end() }}

),

newest as (

    select
        identifier_type,
        identifier_token,
        channel,
        purpose,
        source,
        max(changed_at) as changed_at
    from answers
    group by identifier_type, identifier_token, channel, purpose, source

),

refusals as (

    select distinct
        answers.identifier_type,
        answers.identifier_token,
        answers.channel,
        answers.purpose
    from answers
    inner join newest
        on answers.identifier_type = newest.identifier_type
        and answers.identifier_token = newest.identifier_token
        and answers.channel = newest.channel
        and answers.purpose = newest.purpose
        and answers.source = newest.source
        and (answers.changed_at = newest.changed_at or newest.changed_at is null)
    where not answers.granted

)

select
    granted.customer_id,
    granted.channel
from {{ ref('customer_consents') }} as granted
inner join {{ ref('customer_identifiers') }} as identifiers on granted.customer_id = identifiers.customer_id
inner join refusals
    on identifiers.identifier_type = refusals.identifier_type
    and identifiers.identifier_value = refusals.identifier_token
    and granted.channel = refusals.channel
    and granted.purpose = refusals.purpose
where granted.is_granted
