with source as (

    {{ newest('olist', 'reviews', key=['review_id', 'order_id']) }}

),

purchases as (

    select * from {{ ref('stg_olist__purchases') }}

),

final as (

    select
        source.review_id || ':' || source.order_id as review_id,
        purchases.native_id,
        source.score,
        nullif(trim(concat_ws(': ', {{ clean_text('source.title') }}, {{ clean_text('source.text') }})), '') as text,
        coalesce(source.answered_at, source.asked_at) as answered_at,
        source._dlt_load_id as load_id
    from source
    left join purchases on source.order_id = purchases.order_id

)

select * from final
