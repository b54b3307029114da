with review as (

    select * from {{ ref('int_identity__review') }}

),

reason_texts as (

    select * from {{ ref('int_identity__reason_texts') }}

),

final as (

    select
        review.review_id,
        review.kind,
        review.reason,
        coalesce(reason_texts.text_zh, review.reason) as reason_zh,
        coalesce(reason_texts.text_en, review.reason) as reason_en,
        review.left_profile_id,
        review.right_profile_id,
        review.left_customer_id,
        review.right_customer_id,
        review.identifier_type,
        review.identifier_value,
        review.identifier_mask,
        review.model_version,
        review.field_weights,
        cast(review.profiles as int) as profiles,
        review.customers,
        review.match_weight,
        review.match_probability
    from review
    left join reason_texts on review.reason = reason_texts.reason

)

select * from final
