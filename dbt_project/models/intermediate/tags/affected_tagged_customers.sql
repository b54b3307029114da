{#- The log compares with tags as the last run left them. -#}
{{ change_log(state=['int_customer_tag_lists', 'int_custom_tag_states']) }}
{%- set rules = tag_rule_rows() %}
{%- set edges = day_edges(rules) %}
{%- set known = customer_metrics() %}
{%- set moved = rules_with_moved_cutoffs(rules) if only_affected() else [] %}

with customers as (

    select * from {{ ref('int_customer_totals') }}

),

not_profiled as (

    select * from {{ ref('int_customers_not_profiled') }}

),

custom_members as (

    select * from {{ ref('int_custom_tag_members') }}

),

changes as (

    select * from {{ ref('affected_customers') }}

),

cutoffs as (

    select * from {{ ref('int_tag_cutoffs') }}

),
{% for model in metric_models() %}
{{ model }} as (

    select * from {{ ref(model) }}

),
{% endfor %}
{% if only_affected() %}
changed as (

    select customer_id from changes
    where log_no > {{ followed(this.identifier, 'affected_customers') }}

),

-- what each cut-off moved across since
moves as (

    select
        tag_no,
        min(least(cutoff, former_cutoff)) as lowest,
        max(greatest(cutoff, former_cutoff)) as highest,
        bool_or((cutoff is null) <> (former_cutoff is null)) as is_new
    from cutoffs
    where log_no > {{ followed(this.identifier, 'int_tag_cutoffs') }}
    group by tag_no

),

moves_in_a_row as (

    select
        {%- for rule in moved %}
        max(case when tag_no = {{ rule.tag_no }} then lowest end) as lowest_{{ rule.tag_no }},
        max(case when tag_no = {{ rule.tag_no }} then highest end) as highest_{{ rule.tag_no }},
        coalesce(bool_or(tag_no = {{ rule.tag_no }} and is_new), false) as is_new_{{ rule.tag_no }},
        {%- endfor %}
        count(*) as cutoffs
    from moves

),

-- of whom a number lies where a cut-off moved: one pass over each metric table
by_cutoff as (

    select customer_id from changed
    where 1 = 0
    {%- for model, rules_here in moved | groupby('model') %}
    union all
    select metrics.customer_id
    from {{ model }} as metrics
    cross join moves_in_a_row as moves
    where
        {%- for rule in rules_here %}
        {{ 'or ' if not loop.first }}moves.is_new_{{ rule.tag_no }}
        or cast(metrics.{{ rule.metric }} as double)
        between moves.lowest_{{ rule.tag_no }} and moves.highest_{{ rule.tag_no }}
        {%- endfor %}
    {%- endfor %}

),

-- of whom a day passed a rule's edge since
by_day as (

    select customer_id from changed
    where 1 = 0
    {%- for model in metric_models() %}
    {%- set conditions = [] %}
    {%- for metric, windows in edges.items() if known[metric].model == model %}
        {%- do conditions.append(passed_an_edge(['metrics.' ~ metric], windows)) %}
    {%- endfor %}
    {%- if conditions %}
    union all
    select metrics.customer_id
    from {{ model }} as metrics
    where {{ conditions | join('\n        or ') }}
    {%- endif %}
    {%- endfor %}

),

-- a birthday makes an adult on a day that brings nothing else
by_profiling as (

    select coalesce(not_profiled.customer_id, held.customer_id) as customer_id
    from not_profiled
    full outer join (
        select customer_id from {{ table_of('int_customer_tag_lists') }}
        where not is_profiled
    ) as held on not_profiled.customer_id = held.customer_id
    where not_profiled.customer_id is null or held.customer_id is null

),

by_custom_tags as (

    select coalesce(custom_members.customer_id, held.customer_id) as customer_id
    from custom_members
    full outer join {{ table_of('int_custom_tag_states') }} as held
        on custom_members.customer_id = held.customer_id
        and custom_members.tag = held.tag
        and coalesce(custom_members.value, '') = coalesce(held.value, '')
    where custom_members.customer_id is null or held.customer_id is null

),

reasons as (

    select
        customer_id,
        false as is_by_day
    from changed
    union all
    select
        customer_id,
        false as is_by_day
    from by_cutoff
    union all
    select
        customer_id,
        false as is_by_day
    from by_custom_tags
    union all
    select
        customer_id,
        false as is_by_day
    from by_profiling
    {%- if rules_that_begin(tag_rule_rows(later=true)) %}
    union all
    select
        customer_id,
        false as is_by_day
    from customers
    {%- endif %}
    union all
    select
        customer_id,
        true as is_by_day
    from by_day

),

final as (

    select
        customer_id,
        bool_and(is_by_day) as is_by_day_alone
    from reasons
    group by customer_id

)
{% else %}
final as (

    select
        customer_id,
        false as is_by_day_alone
    from customers
    where 1 = 0

)
{% endif %}
select * from final
