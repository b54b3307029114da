{{ kept_by('customer_id') }}
{%- set channels = ['sms', 'email', 'wecom', 'app_push'] -%}
with consents as (

    select * from {{ ref('int_consents') }}
    where changed_at is null or changed_at < {{ as_of_end() }}

),

identifiers as (

    select * from {{ ref('int_customer_identifiers') }}
    where {{ among_affected('customer_id') }}

),

field_sources as (

    select * from {{ ref('int_customer_field_sources') }}
    where {{ among_affected('customer_id') }}

),

profiles as (

    select * from {{ ref('int_profiles') }}

),

message_channels as (

    select * from {{ ref('message_channels') }}

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
        granted
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
        latest.channel,
        latest.purpose,
        latest.source,
        latest.granted
    from latest
    inner join identifiers
        on latest.identifier_type = identifiers.identifier_type
        and latest.identifier_token = identifiers.identifier_value

),

-- the customer's answer is the most restrictive one over all identifiers
customer_answers as (

    select
        customer_id,
        {%- for channel in channels %}
        coalesce(bool_and(case when purpose = 'marketing' and channel = '{{ channel }}' then granted end), false)
            as grants_{{ channel }},
        {%- endfor %}
        coalesce(bool_or(purpose = 'profiling' and not granted), false) as is_profiling_optout
    from answered
    group by customer_id

),

takes_messages as (

    select customer_id from field_sources
    where field = 'message_phone'

),

-- the profile that each kind of address comes from, and the address; the phone where no number takes messages
address_sources as (

    select
        field_sources.customer_id,
        field_sources.source_profile_id,
        field_sources.channel,
        case field_sources.field when 'message_phone' then 'phone' else field_sources.field end as identifier_type,
        case field_sources.field
            when 'message_phone' then profiles.message_phone_token
            when 'phone' then profiles.phone_token
            when 'email' then profiles.email_token
            when 'wecom_external_userid' then profiles.wecom_external_userid
            when 'app_user_id' then profiles.app_user_id
        end as identifier_token
    from field_sources
    inner join profiles on field_sources.source_profile_id = profiles.source_profile_id
    left join takes_messages on field_sources.customer_id = takes_messages.customer_id
    where
        field_sources.field in ('message_phone', 'email', 'wecom_external_userid', 'app_user_id')
        or (field_sources.field = 'phone' and takes_messages.customer_id is null)

),

-- the address that a message would go to needs a grant of its own: by the address itself, or by the profile that it
-- comes from when that profile's own channel asked
address_grants as (

    select distinct
        answered.customer_id,
        answered.channel
    from answered
    inner join message_channels on answered.channel = message_channels.channel
    inner join address_sources
        on answered.customer_id = address_sources.customer_id
        and answered.source_profile_id = address_sources.source_profile_id
        and message_channels.identifier_type = address_sources.identifier_type
    where
        answered.purpose = 'marketing'
        and answered.granted
        and (
            (
                answered.identifier_type = address_sources.identifier_type
                and answered.identifier_token = address_sources.identifier_token
            )
            or answered.source = address_sources.channel
        )

),

final as (

    select
        customer_answers.customer_id,
        {%- for channel in channels %}
        customer_answers.grants_{{ channel }} and coalesce(bool_or(address_grants.channel = '{{ channel }}'), false)
            as consent_{{ channel }},
        {%- endfor %}
        customer_answers.is_profiling_optout
    from customer_answers
    left join address_grants on customer_answers.customer_id = address_grants.customer_id
    group by
        customer_answers.customer_id,
        {%- for channel in channels %}
        customer_answers.grants_{{ channel }},
        {%- endfor %}
        customer_answers.is_profiling_optout

)

select * from final
