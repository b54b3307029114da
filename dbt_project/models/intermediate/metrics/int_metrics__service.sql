{{ kept_by('customer_id') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where is_profile and {{ among_affected('customer_id') }}

),

feedback as (

    select * from {{ ref('int_feedback') }}
    where kind in ('ticket', 'survey') and source_profile_id is not null and occurred_at < {{ as_of_end() }}

),

totals as (

    select * from {{ ref('int_customer_totals') }}
    where {{ among_affected('customer_id') }}

),

of_customers as (

    select
        profiles.customer_id,
        feedback.*,
        case when feedback.responded_at < {{ as_of_end() }}
            then {{ hours_between('feedback.occurred_at', 'feedback.responded_at') }}
        end as response_hours,
        case when feedback.resolved_at < {{ as_of_end() }}
            then {{ hours_between('feedback.occurred_at', 'feedback.resolved_at') }}
        end as resolution_hours,
        row_number() over (
            partition by profiles.customer_id, feedback.metric
            order by case when feedback.score is null then 1 else 0 end, feedback.occurred_at, feedback.feedback_id
        ) as place,
        row_number() over (
            partition by profiles.customer_id, feedback.metric
            order by
                case when feedback.score is null then 1 else 0 end, feedback.occurred_at desc, feedback.feedback_id desc
        ) as place_from_end
    from feedback
    inner join profiles on feedback.source_profile_id = profiles.source_profile_id

),

summed as (

    select
        customer_id,
        count(case when kind = 'ticket' then 1 end) as tickets,
        {%- for type in ['complaint', 'question', 'repair', 'praise'] %}
        count(case when ticket_type = '{{ type }}' then 1 end) as {{ type }}s,
        max(case when ticket_type = '{{ type }}' then cast(occurred_at as date) end) as last_{{ type }}_day,
        {%- endfor %}
        count(case when kind = 'ticket' and severity in ('P0', 'P1') then 1 end) as urgent_tickets,
        count(distinct case when kind = 'ticket' then topic end) as topics,
        count(case when kind = 'ticket' and (resolved_at is null or resolved_at >= {{ as_of_end() }}) then 1 end)
            as open_tickets,
        max(response_hours) as longest_response_hours,
        max(resolution_hours) as longest_resolution_hours,
        max(case when kind = 'ticket' then scene end) as last_scene,
        count(distinct case when kind = 'ticket' then scene end) as scenes,
        count(case when metric = 'nps' and score is not null then 1 end) as nps_answers,
        {%- for metric in ['nps', 'csat', 'ces', 'satisfaction'] %}
        max(case when metric = '{{ metric }}' and place_from_end = 1 then score end) as {{ metric }},
        {%- endfor %}
        max(case when metric = 'nps' and place = 1 then score end) as first_nps,
        min(case when metric in ('csat', 'satisfaction') then score end) as lowest_score,
        count(case when kind = 'survey' and text is not null then 1 end) as comments,
        max(case when kind = 'ticket' then cast(occurred_at as date) end) as last_ticket_day,
        max(case when kind = 'survey' then cast(occurred_at as date) end) as last_survey_day
    from of_customers
    group by customer_id

),

final as (

    select
        summed.customer_id,
        nullif(summed.tickets, 0) as tickets,
        {%- for type in ['complaint', 'question', 'repair', 'praise'] %}
        nullif(summed.{{ type }}s, 0) as {{ type }}s,
        {%- endfor %}
        nullif(summed.urgent_tickets, 0) as urgent_tickets,
        nullif(summed.open_tickets, 0) as open_tickets,
        nullif(summed.topics, 0) as topics,
        nullif(summed.scenes, 0) as service_channels,
        case when summed.scenes = 1 then summed.last_scene end as only_service_channel,
        case when summed.tickets >= 2 then round({{ ratio('summed.tickets', 'totals.orders_count') }}, 4) end
            as tickets_per_order,
        round(summed.longest_response_hours, 2) as longest_response_hours,
        round(summed.longest_resolution_hours, 2) as longest_resolution_hours,
        nullif(summed.nps_answers, 0) as nps_answers,
        summed.nps,
        case when summed.nps_answers >= 2 then summed.nps - summed.first_nps end as nps_change,
        summed.csat,
        summed.ces,
        summed.satisfaction,
        summed.lowest_score,
        nullif(summed.comments, 0) as comments,
        summed.last_ticket_day,
        summed.last_complaint_day,
        summed.last_question_day,
        summed.last_repair_day,
        summed.last_praise_day,
        summed.last_survey_day,
        -- bought again after the latest complaint, or not
        case when cast(totals.last_purchase_at as date) > summed.last_complaint_day
            then cast(totals.last_purchase_at as date)
        end as bought_after_complaint_day,
        case when totals.orders_count > 0 and cast(totals.last_purchase_at as date) <= summed.last_complaint_day
            then summed.last_complaint_day
        end as silent_since_complaint_day
    from summed
    inner join totals on summed.customer_id = totals.customer_id

)

select * from final
