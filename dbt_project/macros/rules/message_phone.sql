{#- What of a profile's numbers a text message goes to (短信号码): of all numbers in its field the first of the best kind of
    line, in the order of the var message_line_types; null where none is of these kinds. A kind that nobody noted counts
    as unknown. `part`: token, mask or line_type. -#}
{% macro message_phone(part) -%}
    case
            {%- for line_type in var('message_line_types') %}
            when phone_token is not null and coalesce(phone_line_type, 'unknown') = '{{ line_type }}'
                then {{ "'" ~ line_type ~ "'" if part == 'line_type' else 'phone_' ~ part }}
            when {{ further_phone(line_type, 1) }} <> ''
                then {{ "'" ~ line_type ~ "'" if part == 'line_type'
                    else further_phone(line_type, {'token': 1, 'mask': 2}[part]) }}
            {%- endfor %}
        end
{%- endmacro %}

{#- A part of the first further number of a kind of line: 1 token, 2 mask; empty where there is none. -#}
{% macro further_phone(line_type, place) -%}
    regexp_extract(phone_further, '([^|;]*)[|]([^|;]*)[|]{{ line_type }}', {{ place }})
{%- endmacro %}
