{#- A row for each tag, computed by reading: a table of them would be written again every day. -#}
{{ config(materialized='view') }}

with held_lists as (

    select * from {{ ref('customer_tag_periods') }}

),

former_lists as (

    select * from {{ ref('customer_tag_periods') }}

),

tag_numbers as (

    select * from {{ ref('tag_numbers') }}

),

held as (

    {{ unnested_together(['customer_id'], [['tag_no', 'tag_nos'], ['since_day', 'since']], 'held_lists') }}

),

former as (

    {{ unnested_together(
        ['customer_id'],
        [['tag_no', 'former_tag_nos'], ['since_day', 'former_since'], ['until_day', 'former_until']],
        'former_lists'
    ) }}

),

united as (

    select
        customer_id,
        tag_no,
        true as is_current,
        since_day as since,
        cast(null as date) as until
    from held
    union all
    select
        customer_id,
        tag_no,
        false as is_current,
        since_day as since,
        until_day as until
    from former

),

final as (

    select
        united.customer_id,
        tag_numbers.tag,
        tag_numbers.value,
        united.is_current,
        united.since,
        united.until
    from united
    inner join tag_numbers on united.tag_no = tag_numbers.tag_no

)

select * from final
