{#- Read by what compares it with the orders that are kept: a view. -#}
{{ config(materialized='view') }}

with united as (
    {{ united('orders') }}
),

words as (

    select
        channel,
        {{ source_word('word') }} as word,
        status
    from {{ ref('order_status_words') }}

),

statuses as (

    select * from {{ ref('order_statuses') }}

),

currencies as (

    select
        {{ source_word('word') }} as word,
        currency
    from {{ ref('currencies') }}

),

-- a word may be of two languages
words_for_nobody as (

    select distinct {{ source_word('word') }} as word
    from {{ ref('anonymous_customer_words') }}

),

named as (

    select
        united.*,
        {{ source_word('united.status') }} as status_word,
        {{ source_word('united.currency') }} as currency_word,
        -- the word null is no row of the seed: dbt reads it as no value
        nullif({{ source_word('united.native_id') }}, 'null') as customer_word
    from united

),

-- a channel whose rows say by their form what they are says itself whether they are paid; its word only adds to that
read as (

    select
        named.*,
        -- sales without a customer, as many systems write it, are not all of one person
        case
            when words_for_nobody.word is null and named.customer_word is not null then named.native_id
        end as customer,
        coalesce(own_words.status, common_words.status) as known_status,
        currencies.currency as known_currency,
        coalesce(named.is_paid, statuses.is_paid) as says_paid,
        case
            -- below nothing it is money given back, unless it never came to that
            when
                named.gross_amount < 0 and coalesce(statuses.refund_rule, '') <> 'adjustment'
                and coalesce(named.is_paid, statuses.is_paid)
                then 'credit_note'
            else coalesce(statuses.refund_rule, 'stated_or_none')
        end as refund_rule,
        abs(named.gross_amount) as gross,
        nullif(abs(named.refund_amount), 0) as refund
    from named
    left join words as own_words
        on named.channel = own_words.channel
        and named.status_word = own_words.word
    left join words as common_words
        on common_words.channel = '*'
        and named.status_word = common_words.word
    left join statuses on coalesce(own_words.status, common_words.status) = statuses.status
    left join currencies on named.currency_word = currencies.word
    left join words_for_nobody on named.customer_word = words_for_nobody.word

),

judged as (

    select
        *,
        refund_rule in ('credit_note', 'adjustment') as is_credit,
        case
            when ordered_at is null then 'no_time'
            when ordered_at < cast('{{ var('earliest_order_day', '1980-01-01') }}' as timestamp) then 'impossible_time'
            when says_paid is null and status_word is null then 'no_status'
            when says_paid is null then 'unknown_status'
            when gross is null and says_paid then 'no_amount'
            when gross is null and refund is null and refund_rule in ('credit_note', 'adjustment') then 'no_amount'
            when refund_rule = 'stated' and refund is null then 'no_refund_amount'
            when currency_word is not null and known_currency is null then 'unknown_currency'
        end as held_reason
    from read

),

sold as (

    select
        channel || ':' || order_id as order_id,
        channel || ':' || customer as source_profile_id,
        channel,
        coalesce(known_status, status_word) as status,
        held_reason is null and says_paid and not is_credit as is_paid,
        is_credit,
        refund_rule = 'credit_note' as takes_purchases_back,
        store_name,
        is_online,
        uses_coupon,
        known_currency as currency,
        held_reason,
        case
            when held_reason = 'unknown_status' then {{ shown_word('status') }}
            when held_reason = 'unknown_currency' then {{ shown_word('currency') }}
            when held_reason = 'no_refund_amount' then {{ shown_word('status') }}
            when held_reason = 'impossible_time' then cast(cast(ordered_at as date) as string)
        end as held_value,
        cast(case when is_credit then 0 else gross end as decimal(18, 2)) as gross_amount,
        cast(case
            when is_credit then coalesce(refund, gross)
            when refund_rule = 'stated_or_whole' then coalesce(refund, gross)
            else coalesce(refund, 0)
        end as decimal(18, 2)) as refund_amount,
        ordered_at,
        paid_at,
        -- nothing comes back before it was paid
        case
            when refunded_at is not null then greatest(refunded_at, ordered_at, coalesce(paid_at, ordered_at))
        end as refunded_at,
        first_load_id,
        last_load_id
    from judged

),

final as (

    select
        *,
        {{ row_fingerprint(order_columns()) }} as fingerprint
    from sold

)

select * from final
