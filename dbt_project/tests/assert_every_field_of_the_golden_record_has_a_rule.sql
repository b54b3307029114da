-- Fields of the golden record without a row in the seed survivorship_rules: they would be empty for everybody.
with fields as (
    {%- for field in golden_fields() %}

    select '{{ field.name }}' as field
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select fields.field
from fields
left join {{ ref('survivorship_rules') }} as survivorship_rules on fields.field = survivorship_rules.field
where survivorship_rules.field is null
