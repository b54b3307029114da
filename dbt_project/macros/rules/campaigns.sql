{#- Whether a customer belongs to the hold-out of a campaign: by person, not by channel, and the same on every run. -#}
{% macro is_held_out(customer_id, campaign_id, holdout_percent) -%}
    case
        when {{ holdout_percent }} > 0
            then {{ hash_key(customer_id ~ " || '|' || " ~ campaign_id) }} % 10000 < {{ holdout_percent }} * 100
        else false
    end
{%- endmacro %}

{#- One column of the customer, chosen by the kind of identifier that a message channel needs. -#}
{% macro by_identifier_type(identifier_type, columns) -%}
    case {{ identifier_type }}
        {%- for type, column in columns.items() %}
            when '{{ type }}' then {{ column }}
        {%- endfor %}
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
