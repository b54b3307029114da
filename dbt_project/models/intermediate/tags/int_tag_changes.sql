{#- Which tags customers got and lost, as it was seen: no rebuild makes it again. It only grows, also in a full refresh.
    A run looks at affected customers; the log itself says which tags they had. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail',
    tags=['history'], meta={'grows_by': 'change_no'},
    affected='affected_tagged_customers', affected_key='customer_id', post_hook='{{ note_followed_logs() }}'
) }}
{%- if not execute %}{% do ref('affected_tagged_customers') %}{% endif %}
{%- set rules = tag_rule_rows() %}
{%- set no_tags = empty_tags(false) %}
{%- set no_dated_tags = empty_tags(true) %}
{%- set no_lost_tags = empty_array([['tag_no', 'int'], ['until', 'date']]) %}

with lists as (

    select * from {{ ref('int_customer_tag_lists') }}
    where {{ among_affected('customer_id') }}

),
{% for model in metric_models() %}
{{ model }} as (

    select * from {{ ref(model) }}

),
{% endfor %}
{%- if is_incremental() %}
last_change as (

    select coalesce(max(change_no), 0) as change_no from {{ this }}

),

entries as (

    select * from {{ this }}
    where {{ among_affected('customer_id') }}

),

logged as (

    select
        customer_id,
        flatten(array_agg(
            gained || {{ array_map('gained_dated', 'entry', struct_field('entry', 'tag_no')) }}
        )) as gained,
        flatten(array_agg({{ array_map('lost', 'entry', struct_field('entry', 'tag_no')) }})) as lost
    from entries
    group by customer_id

),

-- who got a tag more often than they lost it had it; most tags were never lost
had as (

    select
        customer_id,
        case
            when {{ array_size('lost') }} = 0 then gained
            else {{ array_where(
                'array_distinct(gained)', 'tag_no',
                'not array_contains(lost, tag_no) or '
                ~ array_size(array_where('gained', 'other', 'other = tag_no')) ~ ' > '
                ~ array_size(array_where('lost', 'other', 'other = tag_no'))
            ) }}
        end as tag_nos
    from logged

),

both_known as (

    select
        coalesce(lists.customer_id, had.customer_id) as customer_id,
        had.customer_id is null as is_first_seen,
        coalesce(lists.tags, {{ no_tags }}) as tags,
        coalesce(lists.dated_tags, {{ no_dated_tags }}) as dated_tags,
        coalesce(had.tag_nos, {{ no_tags }}) as had_nos,
        coalesce(lists.tags, {{ no_tags }})
        || coalesce({{ array_map('lists.dated_tags', 'entry', struct_field('entry', 'tag_no')) }}, {{ no_tags }})
            as has_nos
    from lists
    full outer join had on lists.customer_id = had.customer_id

),

compared as (

    select
        customer_id,
        is_first_seen,
        {{ array_where('tags', 'tag_no', 'not array_contains(had_nos, tag_no)') }} as gained,
        {{ array_where('dated_tags', 'entry',
            'not array_contains(had_nos, ' ~ struct_field('entry', 'tag_no') ~ ')') }} as gained_dated,
        {{ array_where('had_nos', 'tag_no', 'not array_contains(has_nos, tag_no)') }} as lost_nos
    from both_known

),

lost_tags as (

    select
        compared.customer_id,
        each.tag_no
    from compared
    {{ unnest_array('compared.lost_nos', 'each', 'tag_no') }}

),

losers as (

    select distinct customer_id from lost_tags

),

-- when a day passed the upper edge of a rule: one pass over each metric table
ends as (
    {%- for model in metric_models() %}
    {%- set entries_of_rules = [] %}
    {%- for rule in rules if rule.model == model and rule.operator == 'days_ago' and rule.upper %}
        {%- set until = add_days('metrics.' ~ rule.metric, whole_days(rule.upper)) %}
        {%- do entries_of_rules.append(
            'case when metrics.' ~ rule.metric ~ ' is not null then '
            ~ make_struct([['tag_no', rule.tag_no], ['until', until]]) ~ ' end'
        ) %}
    {%- endfor %}
    {%- if entries_of_rules %}

    select
        metrics.customer_id,
        {{ known_of_array(entries_of_rules) }} as edges
    from {{ model }} as metrics
    inner join losers on metrics.customer_id = losers.customer_id
    union all
    {%- endif %}
    {%- endfor %}

    select
        customer_id,
        {{ no_lost_tags }} as edges
    from losers

),

edges as (

    select
        ends.customer_id,
        {{ struct_field('each.edge', 'tag_no') }} as tag_no,
        {{ struct_field('each.edge', 'until') }} as until
    from ends
    {{ unnest_array('ends.edges', 'each', 'edge') }}

),

ended as (

    select
        lost_tags.customer_id,
        lost_tags.tag_no,
        coalesce(least(edges.until, {{ as_of() }}), {{ as_of() }}) as until
    from lost_tags
    left join edges on lost_tags.customer_id = edges.customer_id and lost_tags.tag_no = edges.tag_no

),

lost as (

    select
        customer_id,
        {{ array_agg_distinct(make_struct([['tag_no', 'tag_no'], ['until', 'until']])) }} as lost
    from ended
    group by customer_id

),

united as (

    select
        compared.customer_id,
        compared.gained,
        compared.gained_dated,
        coalesce(lost.lost, {{ no_lost_tags }}) as lost
    from compared
    left join lost on compared.customer_id = lost.customer_id
    where
        compared.is_first_seen or lost.customer_id is not null
        or {{ array_size('compared.gained') }} + {{ array_size('compared.gained_dated') }} > 0

),

final as (

    select
        united.*,
        last_change.change_no + 1 as change_no,
        {{ as_of() }} as seen_on
    from united
    cross join last_change

)
{% else %}
final as (

    select
        customer_id,
        tags as gained,
        dated_tags as gained_dated,
        {{ no_lost_tags }} as lost,
        cast(1 as bigint) as change_no,
        {{ as_of() }} as seen_on
    from lists

)
{% endif %}
select * from final
