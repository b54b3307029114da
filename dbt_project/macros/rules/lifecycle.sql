{#- The lifecycle stage of a customer on one day; the first rule that is true decides, in the order written here.
    Null where the customer was not yet known that day.

    Args: columns or expressions: the days of the first purchase, last purchase, registration, last interaction and first
    sight, the interactions in the last 30 days, the day itself; and the alias of the relation made by `thresholds()`. -#}
{% macro lifecycle_stage(first_purchase, last_purchase, registered, last_interaction, first_seen, interactions, day, rules) -%}
    case
        when {{ first_seen }} > {{ day }} then null
        when {{ days_between(first_purchase, day) }} between 0 and {{ rules }}.new_days - 1 then 'new'
        when {{ days_between(registered, day) }} between 0 and {{ rules }}.new_days - 1 then 'new'
        when {{ last_purchase }} is null then 'prospect'
        when {{ days_between('greatest(' ~ last_purchase ~ ', ' ~ last_interaction ~ ')', day) }} >= {{ rules }}.churned_days
            then 'churned'
        when {{ days_between('greatest(' ~ last_purchase ~ ', ' ~ last_interaction ~ ')', day) }} >= {{ rules }}.dormant_days
            then 'dormant'
        when
            {{ interactions }} >= {{ rules }}.active_interactions
            and {{ days_between(last_purchase, day) }} < {{ rules }}.purchase_days
            then 'active'
        else 'regular'
    end
{%- endmacro %}
