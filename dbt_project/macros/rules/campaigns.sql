{#- Whether a customer belongs to the hold-out of a campaign: by person, not by channel, and the same on every run. -#}
{% macro is_held_out(customer_id, campaign_id, holdout_percent) -%}
    case
        when {{ holdout_percent }} > 0
            then {{ hash_key(customer_id ~ " || '|' || " ~ campaign_id) }} % 10000 < {{ holdout_percent }} * 100
        else false
    end
{%- endmacro %}

{#- Whether a customer's draw for a campaign, 0 to 9,999 and the same on every run, falls into a variant's range. -#}
{% macro is_drawn(customer_id, campaign_id, drawn_from, drawn_below) -%}
    case
            when {{ drawn_from }} = 0 and {{ drawn_below }} = 10000 then true
            else {{ hash_key(customer_id ~ " || '|variant|' || " ~ campaign_id) }} % 10000
                between {{ drawn_from }} and {{ drawn_below }} - 1
        end
{%- endmacro %}

{#- The checks that rule a candidate out, whatever others get: columns fails_<check> of int_campaign_checks. -#}
{% macro candidate_checks() -%}
    {{- return([
        'erased', 'suppressed', 'no_identifier', 'no_consent', 'unsuitable_line', 'holdout', 'profiling_optout',
        'already_sent', 'step_not_due', 'outside_schedule', 'offer_ended', 'missing_field',
        'not_followed'
    ]) -}}
{%- endmacro %}

{#- All checks of the plan; in which order they count and what a failed one means are rows of the seed plan_reasons. -#}
{% macro plan_checks() -%}
    {{- return(
        candidate_checks() + ['campaign_not_approved', 'frequency_cap', 'same_recipient', 'other_channel_preferred']
        + message_limits() | map(attribute='name') | reject('equalto', 'frequency_cap') | list
    ) -}}
{%- endmacro %}

{#- The checks that a candidate failed as one number, a bit for each: the key of int_campaign_decisions. A check that has
    no answer is failed. -#}
{% macro failed_checks() -%}
    {%- for check in plan_checks() %}
        {{ '+ ' if not loop.first }}case when not fails_{{ check }} then 0 else {{ 2 ** loop.index0 }} end
    {%- endfor %}
{%- endmacro %}
