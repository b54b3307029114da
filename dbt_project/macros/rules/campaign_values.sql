{#- What messages were measured to bring, as earlier builds left it: no edge of the lineage, since figures follow from
    plans. -#}
{% macro earlier_campaign_values() %}
    {{- earlier_rows('int_campaign_value_log', 'measured_on', {
        'campaign_id': 'string', 'campaign_version': 'int', 'customers': 'int', 'holdout_customers': 'int',
        'messages': 'int', 'change_no': 'bigint', 'revenue_mean': 'double', 'holdout_revenue_mean': 'double',
        'revenue_spread': 'double', 'value_score': 'double', 'measured_on': 'date'
    }) -}}
{% endmacro %}
