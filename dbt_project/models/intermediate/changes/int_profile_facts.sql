{#- Read by the log and by the table that the log compares it with: a view. -#}
{{ config(materialized='view') }}

with customer_map as (

    select * from {{ ref('customer_map') }}

),

profiles as (

    select * from {{ ref('int_profiles') }}

),

observations as (

    select * from {{ ref('int_identity__observations') }}

),

consents as (

    select * from {{ ref('int_consents') }}
    where changed_at is null or changed_at < {{ as_of_end() }}

),

feedback as (

    select * from {{ ref('int_feedback') }}
    where occurred_at < {{ as_of_end() }}

),

-- an answer that lies ahead of the day is not known yet
answered_feedback as (

    select
        *,
        case when responded_at < {{ as_of_end() }} then responded_at end as known_response,
        case when resolved_at < {{ as_of_end() }} then resolved_at end as known_end
    from feedback

),

points as (

    select * from {{ ref('int_points') }}
    where occurred_at < {{ as_of_end() }} or occurred_at is null

),

decisions as (

    select * from {{ ref('int_identity__decisions') }}

),

answers as (

    select
        identifier_type,
        identifier_token,
        sum(cast({{ row_fingerprint(['channel', 'purpose', 'granted', 'source', 'changed_at']) }} as decimal(38, 0)))
            as fact
    from consents
    group by identifier_type, identifier_token

),

-- what the tables by customer read of a profile besides its own row, its orders and its interactions
facts as (

    select
        observations.source_profile_id,
        answers.fact
    from observations
    inner join answers
        on observations.identifier_type = answers.identifier_type
        and observations.identifier_value = answers.identifier_token
    union all
    select
        source_profile_id,
        cast({{ row_fingerprint(['feedback_id', 'ticket_type', 'severity', 'score', 'known_response', 'known_end']) }}
            as decimal(38, 0)) as fact
    from answered_feedback
    union all
    select
        source_profile_id,
        cast({{ row_fingerprint(['entry_id', 'points', 'held_reason']) }} as decimal(38, 0)) as fact
    from points
    union all
    select
        left_profile_id as source_profile_id,
        cast({{ row_fingerprint(['decision_id', 'decided_by', 'reason']) }} as decimal(38, 0)) as fact
    from decisions
    union all
    select
        right_profile_id as source_profile_id,
        cast({{ row_fingerprint(['decision_id', 'decided_by', 'reason']) }} as decimal(38, 0)) as fact
    from decisions

),

-- a sum, so that the order of the facts does not matter
summed as (

    select
        source_profile_id,
        sum(fact) as facts
    from facts
    where source_profile_id is not null
    group by source_profile_id

),

looked_at as (

    select
        source_profile_id,
        {{ row_fingerprint(profile_fact_columns()) }} as look,
        coalesce(cast(registered_at as date) <= {{ as_of() }}, true) as is_registered
    from profiles

),

final as (

    select
        coalesce(looked_at.source_profile_id, customer_map.source_profile_id) as source_profile_id,
        customer_map.customer_id,
        {{ row_fingerprint([
            'customer_map.customer_id', 'looked_at.look', 'looked_at.is_registered', 'summed.facts'
        ]) }} as fingerprint
    from looked_at
    full outer join customer_map on looked_at.source_profile_id = customer_map.source_profile_id
    left join summed
        on coalesce(looked_at.source_profile_id, customer_map.source_profile_id) = summed.source_profile_id

)

select * from final
