{#- Whether a customer belongs to the hold-out of a campaign: by person, not by channel, and the same on every run. -#}
{% macro is_held_out(customer_id, campaign_id, holdout_percent) -%}
    case
        when {{ holdout_percent }} > 0
            then {{ hash_key(customer_id ~ " || '|' || " ~ campaign_id) }} % 10000 < {{ holdout_percent }} * 100
        else false
    end
{%- endmacro %}

{#- The token, cipher or mask of the identifier that a message channel needs; ids that are not personal stand for
    themselves and have no cipher. `people`: alias of a relation with the identifier columns of `customers`. -#}
{% macro identifier_of(people, identifier_type, part) -%}
    case {{ identifier_type }}
            when 'phone' then {{ people }}.phone_{{ part }}
            when 'email' then {{ people }}.email_{{ part }}
            {%- if part != 'cipher' %}
            when 'wecom_external_userid' then {{ people }}.wecom_external_userid
            when 'app_user_id' then {{ people }}.app_user_id
            {%- endif %}
        end
{%- endmacro %}

{#- Whether a customer consents to marketing over a channel; a channel that nobody was asked about is not consented to.
    `customer`: alias of a relation with the consent columns of `customers`. -#}
{% macro consents_to(customer, channel) -%}
    coalesce(case {{ channel }}
        {%- for name in ['sms', 'email', 'wecom', 'app_push'] %}
            when '{{ name }}' then {{ customer }}.consent_{{ name }}
        {%- endfor %}
        end, false)
{%- endmacro %}

{#- Whether a channel that needs a phone number does not reach the line of a customer's number: its kind of line is no row
    of the seed channel_line_types. A kind that nobody noted counts as unknown; without a number there is no line. -#}
{% macro misses_line(people, channel, identifier_type) -%}
    coalesce(
            {{ identifier_type }} = 'phone' and {{ people }}.phone_token is not null
            and {{ channel }} || ' ' || coalesce({{ people }}.phone_line_type, 'unknown') not in (
                select channel || ' ' || line_type from {{ ref('channel_line_types') }}
            ),
            false
        )
{%- endmacro %}
