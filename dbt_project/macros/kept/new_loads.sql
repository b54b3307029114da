{# Which rows of the channels a table reads that follows a log of what new loads brought. #}

{# values of the first column of a query, as texts #}
{% macro first_column(sql) %}
    {{- return(run_query(sql).columns[0].values() | map('string') | list) -}}
{% endmacro %}

{# the newest load of each channel that the log being built has read #}
{% macro newest_loads_in_log() %}
    {%- set newest = {} -%}
    {%- for row in run_query('select channel, max(load_id) as load_id from ' ~ this ~ ' group by channel') -%}
        {%- do newest.update({row[0]: row[1] or ''}) -%}
    {%- endfor -%}
    {{- return(newest) -}}
{% endmacro %}

{# By channel, a condition for the interactions of loads that the table being built has not followed yet; channels without
   are left out. Where a new version has no time, the one before it counts, so that all versions of it are read. #}
{% macro interactions_since(log) %}
    {%- set entries = entries_since(log) ~ ' as entries where interaction_id is not null and load_id is not null' -%}
    {%- set found = {} -%}
    {%- for row in run_query(
        'select channel, min(load_id), count(case when interaction_day is null then 1 end) from ' ~ entries ~ ' group by channel'
    ) -%}
        {%- set conditions = ["load_id >= '" ~ row[1] ~ "'"] -%}
        {%- if row[2] -%}
            {%- do conditions.append(
                "'" ~ row[0] ~ ":' || interaction_id in (select interaction_id from " ~ entries ~ ' and interaction_day is null)'
            ) -%}
        {%- endif -%}
        {%- do found.update({row[0]: conditions | join(' or ')}) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
