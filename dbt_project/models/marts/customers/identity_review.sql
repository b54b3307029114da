with review as (

    select * from {{ ref('int_identity__review') }}

),

reasons as (

    select * from {{ ref('int_identity__reasons') }}

),

final as (

    select
        review.review_id,
        review.kind,
        review.reason,
        coalesce(reasons.text_zh, review.reason) as reason_zh,
        coalesce(reasons.text_en, review.reason) as reason_en,
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
    left join reasons on review.reason = reasons.reason

)

select * from final
