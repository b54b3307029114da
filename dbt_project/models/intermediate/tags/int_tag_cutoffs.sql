{#- The numbers that shares are cut off at: a metric above (top_share) or below (bottom_share) it is within the share.
    With k customers allowed, it is the number in place k + 1: whoever is better has at most k before or beside. -#}
{{ change_log(state=[]) }}
{%- set rules = tag_rule_rows() | selectattr('operator', 'in', ['top_share', 'bottom_share']) | list %}

with {% for model in metric_models() -%}
{{ model }} as (

    select * from {{ ref(model) }}

),

{%- set ranked = rules | selectattr('model', 'equalto', model) | list %}
{% if ranked %}
{{ model }}_cutoffs as (

    select
        {%- for rule in ranked %}
        cast(percentile_disc({{ (1 - rule.share | float / 100) | round(6) }}) within group (
            order by {{ rule.metric }} {{ 'desc' if rule.operator == 'bottom_share' }}
        ) as double) as cutoff_{{ rule.tag_no }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

),
{% endif %}
{% endfor -%}
cutoffs as (

    {%- for rule in rules %}
    select
        cast({{ rule.tag_no }} as int) as tag_no,
        cutoff_{{ rule.tag_no }} as cutoff
    from {{ rule.model }}_cutoffs
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as int) as tag_no,
        cast(null as double) as cutoff
    where 1 = 0
    {%- endfor %}

),
{% if only_affected() %}
former as (

    select * from {{ this }}
    qualify log_no = max(log_no) over ()

),

final as (

    select
        cutoffs.tag_no,
        cutoffs.cutoff,
        former.cutoff as former_cutoff
    from cutoffs
    left join former on cutoffs.tag_no = former.tag_no

)
{% else %}
final as (

    select
        tag_no,
        cutoff,
        cast(null as double) as former_cutoff
    from cutoffs

)
{% endif %}
select * from final
