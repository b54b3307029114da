{{ kept_by('customer_id') }}

with consents as (

    select * from {{ ref('int_consents') }}
    where changed_at is null or changed_at < {{ as_of_end() }}

),

ranks as (

    select * from {{ ref('int_customer_profile_ranks') }}
    where {{ among_affected('customer_id') }}

),

identifiers as (

    select * from {{ ref('int_customer_identifiers') }}
    where {{ among_affected('customer_id') }}

),

addresses as (

    select * from {{ ref('int_customer_addresses') }}
    where {{ among_affected('customer_id') }}

),

message_channels as (

    select * from {{ ref('message_channels') }}

),

purposes as (

    select * from {{ ref('consent_purposes') }}

),

-- the latest answer of each identifier in each source; where times do not tell (one moment, an hour that occurs twice)
-- the no counts
latest as (

    select
        identifier_type,
        identifier_token,
        channel,
        purpose,
        source,
        granted,
        changed_at
    from consents
    qualify row_number() over (
        partition by identifier_type, identifier_token, channel, purpose, source
        order by {{ change_order('changed_at') }} desc nulls last, granted
    ) = 1

),

-- what a customer's profiles were asked, each by the identifiers that it carries
answered as (

    select
        identifiers.customer_id,
        identifiers.source_profile_id,
        latest.identifier_type,
        latest.identifier_token,
        identifiers.identifier_mask,
        latest.channel,
        latest.purpose,
        latest.source,
        latest.granted,
        latest.changed_at
    from latest
    inner join identifiers
        on latest.identifier_type = identifiers.identifier_type
        and latest.identifier_token = identifiers.identifier_value
    where latest.granted is not null

),

-- whether a yes opens the address that a message would go to: given by the address itself, or by the profile that it
-- comes from when that profile's own channel asked
weighed as (

    select
        answered.*,
        coalesce(
            answered.granted
            and (
                answered.source = addresses.source_channel
                or (
                    answered.identifier_type = addresses.identifier_type
                    and answered.identifier_token = addresses.identifier_token
                )
            ),
            false
        ) as opens_address
    from answered
    left join message_channels on answered.channel = message_channels.channel
    left join addresses
        on answered.customer_id = addresses.customer_id
        and answered.source_profile_id = addresses.source_profile_id
        and message_channels.identifier_type = addresses.identifier_type

),

-- the most restrictive answer over all identifiers decides: any no, else a yes that opens the address, else any yes
decided as (

    select
        customer_id,
        channel,
        purpose,
        granted,
        opens_address,
        identifier_type,
        identifier_mask,
        source,
        source_profile_id,
        changed_at
    from weighed
    qualify row_number() over (
        partition by customer_id, channel, purpose
        order by
            granted, opens_address desc, changed_at desc nulls last, source, source_profile_id, identifier_type,
            identifier_token
    ) = 1

),

-- what a message needs a yes for is a question to every customer, whether anybody asked it or not
questions as (

    select
        ranks.customer_id,
        message_channels.channel,
        purposes.purpose
    from ranks
    cross join message_channels
    cross join purposes
    where ranks.seniority = 1 and purposes.is_for_messages

    union

    select
        decided.customer_id,
        decided.channel,
        decided.purpose
    from decided
    inner join ranks on decided.customer_id = ranks.customer_id
    where ranks.seniority = 1

),

final as (

    select
        questions.customer_id,
        questions.channel,
        questions.purpose,
        -- a purpose that is no row of the seed needs a yes as well
        coalesce(decided.granted and (decided.opens_address or not purposes.is_for_messages), false) as is_granted,
        case
            when decided.granted is null then 'never_asked'
            when not decided.granted then 'refused'
            when decided.opens_address or not purposes.is_for_messages then 'granted'
            else 'address_not_asked'
        end as reason,
        decided.identifier_type,
        decided.identifier_mask,
        decided.source,
        decided.source_profile_id,
        decided.changed_at as answered_at
    from questions
    left join decided
        on questions.customer_id = decided.customer_id
        and questions.channel = decided.channel
        and questions.purpose = decided.purpose
    left join purposes on questions.purpose = purposes.purpose

)

select * from final
