-- Message channels whose kind of identifier no address has: nobody could be reached over them, and nobody would know
-- why.
select
    channel,
    identifier_type
from {{ ref('message_channels') }}
where
    identifier_type not in (
        {%- for kind in address_fields() | map(attribute='identifier_type') | unique %}
        '{{ kind }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
