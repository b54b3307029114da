{{ kept_by('customer_id', affected='affected_tagged_customers') }}
{%- set no_tags = empty_array('int') %}
{%- set no_days = empty_array('date') %}

with lists as (

    select * from {{ ref('int_customer_tag_lists') }}
    where {{ among_affected('customer_id') }}

),

changes as (

    select * from {{ ref('int_tag_changes') }}
    where {{ among_affected('customer_id') }}

),

tag_values as (

    select * from {{ ref('int_tag_values') }}

),

catalogue as (

    select * from {{ ref('int_tags') }}

),

tag_families as (

    select * from {{ ref('tag_families') }}

),

-- what is no longer in the catalogue may have been inferred
inferred as (

    select {{ array_agg_distinct('tag_values.tag_no') }} as tag_nos
    from tag_values
    left join catalogue on tag_values.tag_no = catalogue.tag_no
    left join tag_families on catalogue.family = tag_families.family
    where coalesce(tag_families.is_inferred, true)

),

-- a customer who is gone has no tags, and of whom nothing is inferred today nothing is told that was inferred before
entries as (

    select
        changes.customer_id,
        changes.change_no,
        changes.seen_on,
        {%- for column in ['gained', 'gained_dated', 'lost'] %}
        {%- set tag_no = 'entry' if column == 'gained' else struct_field('entry', 'tag_no') %}
        case
            when lists.is_profiled then changes.{{ column }}
            else {{ array_where('changes.' ~ column, 'entry', 'not array_contains(inferred.tag_nos, ' ~ tag_no ~ ')') }}
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from changes
    inner join lists on changes.customer_id = lists.customer_id
    cross join inferred

),

ever_lost as (

    select
        entries.customer_id,
        {{ array_agg_distinct(struct_field('each.tag', 'tag_no')) }} as tag_nos
    from entries
    {{ unnest_array('entries.lost', 'each', 'tag') }}
    group by entries.customer_id

),

-- most tags were got once and never lost
steady_parts as (

    select
        entries.customer_id,
        entries.change_no,
        entries.seen_on,
        case
            when ever_lost.customer_id is null then entries.gained
            else {{ array_where('entries.gained', 'entry', 'not array_contains(ever_lost.tag_nos, entry)') }}
        end as gained,
        case
            when ever_lost.customer_id is null then entries.gained_dated
            else {{ array_where('entries.gained_dated', 'entry',
                'not array_contains(ever_lost.tag_nos, ' ~ struct_field('entry', 'tag_no') ~ ')') }}
        end as gained_dated
    from entries
    left join ever_lost on entries.customer_id = ever_lost.customer_id

),

steady as (

    select
        customer_id,
        flatten({{ array_in_order('gained || '
            ~ array_map('gained_dated', 'entry', struct_field('entry', 'tag_no')), 'change_no') }}) as tag_nos,
        flatten({{ array_in_order(array_map('gained', 'entry', 'seen_on') ~ ' || '
            ~ array_map('gained_dated', 'entry', struct_field('entry', 'since')), 'change_no') }}) as since
    from steady_parts
    group by customer_id

),

-- the others are got and lost in turns
turns as (

    select
        entries.customer_id,
        each.tag_no,
        entries.change_no,
        entries.seen_on as since,
        cast(null as date) as until
    from entries
    inner join ever_lost on entries.customer_id = ever_lost.customer_id
    {{ unnest_array('entries.gained', 'each', 'tag_no') }}
    where array_contains(ever_lost.tag_nos, each.tag_no)
    union all
    select
        entries.customer_id,
        {{ struct_field('each.tag', 'tag_no') }} as tag_no,
        entries.change_no,
        {{ struct_field('each.tag', 'since') }} as since,
        cast(null as date) as until
    from entries
    inner join ever_lost on entries.customer_id = ever_lost.customer_id
    {{ unnest_array('entries.gained_dated', 'each', 'tag') }}
    where array_contains(ever_lost.tag_nos, {{ struct_field('each.tag', 'tag_no') }})
    union all
    select
        entries.customer_id,
        {{ struct_field('each.tag', 'tag_no') }} as tag_no,
        entries.change_no,
        cast(null as date) as since,
        {{ struct_field('each.tag', 'until') }} as until
    from entries
    {{ unnest_array('entries.lost', 'each', 'tag') }}

),

periods as (

    select
        customer_id,
        tag_no,
        since,
        lead(until) over (partition by customer_id, tag_no order by change_no) as until
    from turns
    qualify since is not null

),

-- what ends on the day on which it begins again goes on, and what ends before it begins never held
following as (

    select
        *,
        max(until) over (
            partition by customer_id, tag_no
            order by since, until nulls last
            rows between unbounded preceding and 1 preceding
        ) as until_before
    from periods
    where until is null or until > since

),

numbered as (

    select
        *,
        sum(case when until_before >= since then 0 else 1 end) over (
            partition by customer_id, tag_no order by since, until nulls last
        ) as period
    from following

),

united as (

    select
        customer_id,
        tag_no,
        min(since) as since,
        case when count(until) = count(*) then max(until) end as until
    from numbered
    group by customer_id, tag_no, period

),

listed as (

    select
        customer_id,
        {{ array_agg_distinct('case when until is null then '
            ~ make_struct([['tag_no', 'tag_no'], ['since', 'since']]) ~ ' end') }} as held,
        {{ array_agg_distinct('case when until is not null then '
            ~ make_struct([['tag_no', 'tag_no'], ['since', 'since'], ['until', 'until']]) ~ ' end') }} as former
    from united
    group by customer_id

),

final as (

    select
        lists.customer_id,
        coalesce(steady.tag_nos, {{ no_tags }})
        || coalesce({{ array_map('listed.held', 'entry', struct_field('entry', 'tag_no')) }}, {{ no_tags }}) as tag_nos,
        coalesce(steady.since, {{ no_days }})
        || coalesce({{ array_map('listed.held', 'entry', struct_field('entry', 'since')) }}, {{ no_days }}) as since,
        coalesce({{ array_map('listed.former', 'entry', struct_field('entry', 'tag_no')) }}, {{ no_tags }})
            as former_tag_nos,
        coalesce({{ array_map('listed.former', 'entry', struct_field('entry', 'since')) }}, {{ no_days }})
            as former_since,
        coalesce({{ array_map('listed.former', 'entry', struct_field('entry', 'until')) }}, {{ no_days }})
            as former_until
    from lists
    left join steady on lists.customer_id = steady.customer_id
    left join listed on lists.customer_id = listed.customer_id

)

select * from final
