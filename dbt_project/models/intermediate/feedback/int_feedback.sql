with united as (
    {{ united('feedback') }}
),

final as (

    select
        channel || ':' || feedback_id as feedback_id,
        channel || ':' || native_id as source_profile_id,
        channel,
        kind,
        scene,
        metric,
        topic,
        severity,
        ticket_type,
        region,
        text,
        score,
        occurred_at,
        responded_at,
        resolved_at
    from united

)

select * from final
