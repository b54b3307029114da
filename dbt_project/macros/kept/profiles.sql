{# what the tables by customer read of a profile's own row #}
{% macro profile_fact_columns() %}
    {%- set columns = [
        'channel', 'member_no', 'app_user_id', 'wecom_external_userid', 'gender', 'province', 'city', 'company', 'job_title',
        'birthday', 'is_test', 'is_listed', 'registered_at', 'updated_at'
    ] -%}
    {%- for kind in ['name', 'phone', 'message_phone', 'email'] -%}
        {%- do columns.extend(personal_columns([kind])) -%}
    {%- endfor -%}
    {{- return(columns + ['phone_line_type', 'message_phone_line_type']) -}}
{% endmacro %}

{# A condition that keeps rows of which one of these dates passed an edge since the log being built last looked: a day that
   came (`0`), or one that left a window of so many days. True for no row where the day is the same. #}
{% macro passed_an_edge(dates, windows) -%}
    {%- set last = mark_of(this.identifier, this.identifier).as_of -%}
    {%- set before = "cast('" ~ last ~ "' as date)" -%}
    {%- if last == as_of_text() -%} 1 = 0
    {%- else -%}
    (
        {%- for date in dates -%}
        {%- set outer_loop = loop -%}
        {%- for window in ([0] + windows) | unique %}
        {{ 'or ' if not (outer_loop.first and loop.first) -}}
        (cast({{ date }} as date) > {{ add_days(before, -window) }} and cast({{ date }} as date) <= {{ add_days(as_of(), -window) }})
        {%- endfor -%}
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}
