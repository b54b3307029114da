with campaign_values as (

    select * from {{ ref('int_campaign_values') }}

),

final as (

    select
        campaign_id,
        basis,
        is_of_file,
        measured_version,
        customers,
        holdout_customers,
        messages,
        value_per_message,
        stated_value,
        stated_error,
        measured_value,
        measured_error,
        measured_share,
        measured_on,
        {{ as_of() }} as as_of
    from campaign_values

)

select * from final
