{{ kept_by('customer_id') }}
{%- set events = ['sent', 'delivered', 'opened', 'clicked', 'unsubscribed', 'bounced', 'complained'] %}
{%- set asked = ['sms', 'email', 'app_push', 'wecom'] %}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

kinds as (

    select * from {{ ref('int_profile_interaction_kinds') }}
    where kind like 'message_%'

),

feedback as (

    select * from {{ ref('int_feedback') }}
    where kind = 'activity' and source_profile_id is not null and occurred_at < {{ as_of_end() }}

),

consents as (

    select * from {{ ref('customer_consents') }}
    where purpose = 'marketing' and {{ among_affected('customer_id') }}

),

messages as (

    select
        profiles.customer_id,
        {%- for event in events %}
        cast(sum(case when kinds.kind = 'message_{{ event }}' then kinds.interactions else 0 end) as bigint)
            as messages_{{ event }},
        max(case when kinds.kind = 'message_{{ event }}' then kinds.last_day end) as last_{{ event }}_day,
        {%- endfor %}
        min(kinds.first_day) as first_message_day
    from kinds
    inner join profiles on kinds.source_profile_id = profiles.source_profile_id
    group by profiles.customer_id

),

invitations as (

    select
        profiles.customer_id,
        count(*) as invitations,
        count(case when feedback.responded_at < {{ as_of_end() }} then 1 end) as confirmations,
        count(case when feedback.resolved_at < {{ as_of_end() }} then 1 end) as attendances,
        count(case when feedback.text is not null then 1 end) as votes,
        max(feedback.score) as best_activity_score,
        min(feedback.score) as worst_activity_score,
        max(case when feedback.responded_at < {{ as_of_end() }}
            then {{ hours_between('feedback.occurred_at', 'feedback.responded_at') }} end) as confirmation_hours,
        max(case when feedback.resolved_at < {{ as_of_end() }} then cast(feedback.resolved_at as date) end)
            as last_attendance_day,
        max(case
            when feedback.responded_at < {{ as_of_end() }}
                and (feedback.resolved_at is null or feedback.resolved_at >= {{ as_of_end() }})
                then cast(feedback.responded_at as date)
        end) as unkept_confirmation_day,
        max(cast(feedback.occurred_at as date)) as last_invitation_day
    from feedback
    inner join profiles on feedback.source_profile_id = profiles.source_profile_id
    where profiles.is_profile
    group by profiles.customer_id

),

answers as (

    select
        customer_id,
        count(case when is_granted then 1 end) as channels_granted,
        count(case when reason = 'refused' then 1 end) as channels_refused,
        count(case when reason = 'never_asked' then 1 end) as channels_never_asked,
        {%- for channel in asked %}
        max(case when channel = '{{ channel }}' then reason end) as {{ channel }}_consent,
        {%- endfor %}
        max(case when reason = 'refused' then cast(answered_at as date) end) as last_refusal_day,
        max(case when is_granted then cast(answered_at as date) end) as last_grant_day
    from consents
    group by customer_id

),

addresses as (

    select distinct customer_id from {{ ref('int_customer_addresses') }}
    where {{ among_affected('customer_id') }}

),

final as (

    select
        answers.customer_id,
        {%- for event in events %}
        nullif(messages.messages_{{ event }}, 0) as messages_{{ event }},
        {%- endfor %}
        {{ share_of('messages.messages_clicked', 'messages.messages_sent') }} as click_share,
        case
            when messages.messages_opened = 0 and messages.messages_clicked = 0
                then nullif(messages.messages_delivered, 0)
        end as messages_ignored,
        invitations.invitations,
        nullif(invitations.confirmations, 0) as confirmations,
        nullif(invitations.attendances, 0) as attendances,
        case when invitations.confirmations = 0 then invitations.invitations end as invitations_unanswered,
        nullif(invitations.votes, 0) as votes,
        invitations.best_activity_score,
        invitations.worst_activity_score,
        round(invitations.confirmation_hours, 2) as confirmation_hours,
        nullif(answers.channels_granted, 0) as channels_granted,
        nullif(answers.channels_refused, 0) as channels_refused,
        addresses.customer_id is not null and answers.channels_granted = 0 as is_unreachable,
        addresses.customer_id is not null and answers.channels_granted = 0 and answers.channels_refused = 0
            as was_never_asked,
        {%- for channel in asked %}
        answers.{{ channel }}_consent,
        {%- endfor %}
        messages.last_sent_day,
        messages.last_opened_day,
        messages.last_clicked_day,
        messages.last_unsubscribed_day,
        messages.last_bounced_day,
        invitations.last_invitation_day,
        invitations.unkept_confirmation_day,
        invitations.last_attendance_day,
        answers.last_refusal_day,
        answers.last_grant_day
    from answers
    left join messages on answers.customer_id = messages.customer_id
    left join invitations on answers.customer_id = invitations.customer_id
    left join addresses on answers.customer_id = addresses.customer_id

)

select * from final
