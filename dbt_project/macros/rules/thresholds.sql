{#- A one-row relation with one column for each named rule of the seed rule_thresholds, to be cross joined. -#}
{% macro thresholds(rules) -%}
    select
    {%- for rule in rules %}
        max(case when rule = '{{ rule }}' then value end) as {{ rule }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('rule_thresholds') }}
{%- endmacro %}
