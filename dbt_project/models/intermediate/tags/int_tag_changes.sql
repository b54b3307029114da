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
history as (

    select * from {{ this }}

),

last_change as (

    select coalesce(max(change_no), 0) as change_no from history

),

entries as (

    select * from history
    where {{ among_affected('customer_id') }}

),

last_entries as (

    select
        customer_id,
        count(*) as entries,
        {{ dbt.any_value('gained') }} as tags,
        {{ dbt.any_value('gained_dated') }} as dated_tags
    from entries
    group by customer_id

),

first_seen as (

    select lists.*
    from lists
    left join last_entries on lists.customer_id = last_entries.customer_id
    where last_entries.customer_id is null

),

-- who has what the one entry says is left out before lists are taken apart
to_compare as (

    select
        coalesce(lists.customer_id, last_entries.customer_id) as customer_id,
        lists.tags,
        lists.dated_tags
    from last_entries
    left join lists on last_entries.customer_id = lists.customer_id
    where
        lists.customer_id is null or last_entries.entries > 1
        or last_entries.tags <> lists.tags or last_entries.dated_tags <> lists.dated_tags

),

had as (

    select
        customer_id,
        tag_no
    from (
        {%- for column, sign in [('gained', 1), ('gained_dated', 1), ('lost', -1)] %}
        {%- if not loop.first %}
        union all
        {%- endif %}
        select
            entries.customer_id,
            {{ 'each.tag' if column == 'gained' else struct_field('each.tag', 'tag_no') }} as tag_no,
            {{ sign }} as times
        from entries
        inner join to_compare on entries.customer_id = to_compare.customer_id
        {{ unnest_array('entries.' ~ column, 'each', 'tag') }}
        {%- endfor %}
    ) as changes
    group by customer_id, tag_no
    having sum(times) > 0

),

has as (

    select
        to_compare.customer_id,
        each.tag_no,
        cast(null as date) as since
    from to_compare
    {{ unnest_array('to_compare.tags', 'each', 'tag_no') }}
    union all
    select
        to_compare.customer_id,
        {{ struct_field('each.tag', 'tag_no') }} as tag_no,
        {{ struct_field('each.tag', 'since') }} as since
    from to_compare
    {{ unnest_array('to_compare.dated_tags', 'each', 'tag') }}

),

differing as (

    select
        coalesce(has.customer_id, had.customer_id) as customer_id,
        coalesce(has.tag_no, had.tag_no) as tag_no,
        had.tag_no is not null as is_lost,
        has.since
    from has
    full outer join had on has.customer_id = had.customer_id and has.tag_no = had.tag_no
    where has.tag_no is null or had.tag_no is null

),

losers as (

    select distinct customer_id from differing
    where is_lost

),

-- when a day passed the upper edge of a rule
ends as (
    {%- for rule in rules if rule.operator == 'days_ago' and rule.upper %}

    select
        metrics.customer_id,
        {{ rule.tag_no }} as tag_no,
        {{ add_days('metrics.' ~ rule.metric, whole_days(rule.upper)) }} as until
    from {{ rule.model }} as metrics
    inner join losers on metrics.customer_id = losers.customer_id
    {{ 'union all' if not loop.last }}
    {%- else %}

    select
        customer_id,
        cast(null as int) as tag_no,
        cast(null as date) as until
    from losers
    where 1 = 0
    {%- endfor %}

),

changed as (

    select
        differing.customer_id,
        differing.tag_no,
        differing.is_lost,
        differing.since,
        least(ends.until, {{ as_of() }}) as until
    from differing
    left join ends on differing.customer_id = ends.customer_id and differing.tag_no = ends.tag_no

),

compared as (

    select
        customer_id,
        {{ array_agg_distinct('case when not is_lost and since is null then tag_no end') }} as gained,
        {{ array_agg_distinct('case when not is_lost and since is not null then '
            ~ make_struct([['tag_no', 'tag_no'], ['since', 'since']]) ~ ' end') }} as gained_dated,
        {{ array_agg_distinct('case when is_lost then '
            ~ make_struct([['tag_no', 'tag_no'], ['until', 'coalesce(until, ' ~ as_of() ~ ')']]) ~ ' end') }} as lost
    from changed
    group by customer_id

),

united as (

    select
        customer_id,
        tags as gained,
        dated_tags as gained_dated,
        {{ no_lost_tags }} as lost
    from first_seen
    union all
    select * from compared

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
