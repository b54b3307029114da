{# the columns of an order in the currency it was sold in, its id and fingerprint aside #}
{% macro order_columns() %}
    {{- return([
        'source_profile_id', 'channel', 'status', 'is_paid', 'is_credit', 'takes_purchases_back', 'store_name',
        'is_online', 'uses_coupon', 'currency', 'held_reason', 'held_value', 'gross_amount', 'refund_amount', 'ordered_at',
        'paid_at', 'refunded_at', 'first_load_id', 'last_load_id'
    ]) -}}
{% endmacro %}
