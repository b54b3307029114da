{{ newest_rows('ticket_id') }}
with source as (

    {{ newest(
        'service', 'tickets',
        key=['ticket_id'],
        newest_by='updated_at',
        first_load_where='phone_token is not null or email_token is not null'
    ) }}

),

final as (

    select
        ticket_id,
        agent_id,
        customer_name_token as name_token,
        customer_name_ref as name_ref,
        customer_name_mask as name_mask,
        customer_name_features as name_features,
        phone_token,
        phone_mask,
        phone_line_type,
        phone_further,
        email_token,
        email_mask,
        email_further,
        email_features,
        lower(trim(contact_channel)) as contact_channel,
        lower(trim(ticket_type)) as ticket_type,
        {{ clean_text('topic') }} as topic,
        upper(trim(severity)) as severity,
        text,
        {{ clean_place('region') }} as region,
        satisfaction,
        created_at,
        first_response_at,
        resolved_at,
        updated_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
