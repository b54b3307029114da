{#- How many customers had each tag on each day that was built; it only grows, also in a full refresh. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail',
    tags=['history']
) }}

with holders as (

    select * from {{ ref('int_tag_holders') }}

),

base as (

    select * from {{ ref('int_customer_base') }}

),

final as (

    select
        holders.tag_no,
        holders.customers,
        base.customers as all_customers,
        {{ as_of() }} as seen_on
    from holders
    cross join base
    {%- if is_incremental() %}
    -- the first build of a day is what it was like
    where not exists (select 1 from {{ this }} where seen_on = {{ as_of() }})
    {%- endif %}

)

select * from final
