with responses as (

    select * from {{ ref('stg_surveys__responses') }}

),

-- one row per score given; the comment stays with the first of them, so that no text is counted twice
scores as (

    {%- for metric, earlier in [('nps', []), ('csat', ['nps']), ('ces', ['nps', 'csat'])] %}
    select
        *,
        '{{ metric }}' as metric,
        {{ metric }} as score,
        {%- if earlier %}
        case when coalesce({{ earlier | join(', ') }}) is null then comment end as text
        {%- else %}
        comment as text
        {%- endif %}
    from responses
    where {{ metric }} is not null
    union all
    {%- endfor %}
    select
        *,
        'comment' as metric,
        null as score,
        comment as text
    from responses
    where coalesce(nps, csat, ces) is null and comment is not null

),

final as (

    select
        {{ concept('feedback', {
            'feedback_id': "response_id || ':' || metric",
            'native_id': 'case when phone_token is not null and not is_anonymous then response_id end',
            'kind': "'survey'",
            'scene': 'scene',
            'metric': 'metric',
            'topic': 'survey_name',
            'region': 'region',
            'text': 'text',
            'score': 'score',
            'occurred_at': 'answered_at'
        }) }}
    from scores

)

select * from final
