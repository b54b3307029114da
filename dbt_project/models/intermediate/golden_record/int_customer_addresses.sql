{{ kept_by('customer_id') }}

{%- set fields = address_fields() %}

with field_sources as (

    select * from {{ ref('int_customer_field_sources') }}
    where {{ among_affected('customer_id') }}

),

profiles as (

    select * from {{ ref('int_profiles') }}

),

candidates as (

    select
        field_sources.customer_id,
        field_sources.source_profile_id,
        field_sources.channel as source_channel,
        case field_sources.field
            {%- for one in fields %}
            when '{{ one.field }}' then '{{ one.identifier_type }}'
            {%- endfor %}
        end as identifier_type,
        case field_sources.field
            {%- for one in fields %}
            when '{{ one.field }}' then profiles.{{ one.token }}
            {%- endfor %}
        end as identifier_token,
        case field_sources.field
            {%- for one in fields %}
            when '{{ one.field }}' then profiles.{{ one.mask }}
            {%- endfor %}
        end as identifier_mask,
        -- a kind of line that nobody noted counts as unknown
        case field_sources.field
            {%- for one in fields if one.line_type %}
            when '{{ one.field }}' then coalesce(profiles.{{ one.line_type }}, 'unknown')
            {%- endfor %}
        end as line_type,
        case field_sources.field
            {%- for one in fields %}
            when '{{ one.field }}' then {{ loop.index }}
            {%- endfor %}
        end as preference
    from field_sources
    inner join profiles on field_sources.source_profile_id = profiles.source_profile_id

),

final as (

    select
        customer_id,
        identifier_type,
        identifier_token,
        identifier_mask,
        line_type,
        source_profile_id,
        source_channel
    from candidates
    where identifier_token is not null
    qualify row_number() over (partition by customer_id, identifier_type order by preference) = 1

)

select * from final
