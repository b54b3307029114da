{{ kept_by('customer_id', affected='affected_tagged_customers') }}

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
named_tags as (

    select
        tag_values.tag_no,
        tag_values.tag,
        tag_values.value,
        coalesce(tag_families.is_inferred, true) as is_inferred
    from tag_values
    left join catalogue on tag_values.tag_no = catalogue.tag_no
    left join tag_families on catalogue.family = tag_families.family

),

-- of whom nothing is inferred today nothing is told that was inferred before
not_profiled as (

    select customer_id from lists
    where not is_profiled

),

-- a customer who is gone has no tags
entries as (

    select changes.*
    from changes
    inner join lists on changes.customer_id = lists.customer_id

),

got as (

    select
        entries.customer_id,
        each.tag_no,
        entries.change_no,
        entries.seen_on as since
    from entries
    {{ unnest_array('entries.gained', 'each', 'tag_no') }}
    union all
    select
        entries.customer_id,
        {{ struct_field('each.tag', 'tag_no') }} as tag_no,
        entries.change_no,
        {{ struct_field('each.tag', 'since') }} as since
    from entries
    {{ unnest_array('entries.gained_dated', 'each', 'tag') }}

),

lost as (

    select
        entries.customer_id,
        {{ struct_field('each.tag', 'tag_no') }} as tag_no,
        entries.change_no,
        {{ struct_field('each.tag', 'until') }} as until
    from entries
    {{ unnest_array('entries.lost', 'each', 'tag') }}

),

ever_lost as (

    select distinct
        customer_id,
        tag_no
    from lost

),

-- most tags were got once and never lost
judged as (

    select
        got.*,
        ever_lost.tag_no is not null as is_ever_lost
    from got
    left join ever_lost on got.customer_id = ever_lost.customer_id and got.tag_no = ever_lost.tag_no

),

-- the others are got and lost in turns
turns as (

    select
        customer_id,
        tag_no,
        change_no,
        since,
        cast(null as date) as until
    from judged
    where is_ever_lost
    union all
    select
        customer_id,
        tag_no,
        change_no,
        cast(null as date) as since,
        until
    from lost

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
    union all
    select
        customer_id,
        tag_no,
        since,
        cast(null as date) as until
    from judged
    where not is_ever_lost

),

final as (

    select
        united.customer_id,
        named_tags.tag,
        named_tags.value,
        united.until is null as is_current,
        united.since,
        united.until
    from united
    inner join named_tags on united.tag_no = named_tags.tag_no
    left join not_profiled on united.customer_id = not_profiled.customer_id
    where not_profiled.customer_id is null or not named_tags.is_inferred

)

select * from final
