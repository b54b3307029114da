with consents as (

    select * from {{ ref('int_consents') }}
    where changed_at is null or changed_at < {{ as_of_end() }}

),

identifiers as (

    select * from {{ ref('int_customer_identifiers') }}

),

-- the latest answer of each identifier in each source; of two at one moment the refusal counts
latest as (

    select
        identifier_type,
        identifier_token,
        channel,
        purpose,
        granted
    from consents
    qualify row_number() over (
        partition by identifier_type, identifier_token, channel, purpose, source
        order by changed_at desc nulls last, granted
    ) = 1

),

answers as (

    select
        identifier_type,
        identifier_token,
        channel,
        purpose,
        bool_and(granted) as granted
    from latest
    group by identifier_type, identifier_token, channel, purpose

),

final as (

    select
        identifiers.customer_id,
        {%- for channel in ['sms', 'email', 'wecom', 'app_push'] %}
        coalesce(bool_and(
            case when answers.purpose = 'marketing' and answers.channel = '{{ channel }}' then answers.granted end
        ), false) as consent_{{ channel }},
        {%- endfor %}
        coalesce(bool_or(answers.purpose = 'profiling' and not answers.granted), false) as is_profiling_optout
    from answers
    inner join identifiers
        on answers.identifier_type = identifiers.identifier_type
        and answers.identifier_token = identifiers.identifier_value
    group by identifiers.customer_id

)

select * from final
