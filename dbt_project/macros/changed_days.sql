{# The days that an incremental model has to replace: whole days, and only those that a new load touches. #}

{# values of the first column of a query, as texts #}
{% macro first_column(sql) %}
    {{- return(run_query(sql).columns[0].values() | map('string') | list) -}}
{% endmacro %}

{# Days with rows of loads that `int_interactions` has not seen, and the days under which it already holds the same
   interactions (so that one whose time was corrected moves, and does not appear twice). #}
{% macro days_of_new_loads() %}
    {%- set newest = {} -%}
    {%- for row in run_query('select channel, max(load_id) as load_id from ' ~ this ~ ' group by channel') -%}
        {%- do newest.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {%- set arrived -%}
        {%- for channel in channels_with('interactions') %}
        {{ 'union all' if not loop.first }}
        select
            '{{ channel }}:' || interaction_id as interaction_id,
            cast(occurred_at as date) as interaction_day
        from {{ ref('stg_' ~ channel ~ '__interactions') }}
        where occurred_at is not null
        {%- if channel in newest %} and load_id > '{{ newest[channel] }}'{% endif %}
        {%- endfor %}
    {%- endset -%}
    {{- return(first_column('
        with arrived as (' ~ arrived ~ ')
        select cast(interaction_day as string) as day from arrived
        union
        select cast(held.interaction_day as string) as day
        from ' ~ this ~ ' as held
        where held.interaction_id in (select interaction_id from arrived)
    ')) -}}
{% endmacro %}

{# Days of `relation` that were replaced after this model last looked; both carry `refreshed_at`. #}
{% macro days_replaced_in(relation) %}
    {{- return(first_column('
        select distinct cast(interaction_day as string) as day
        from ' ~ relation ~ '
        where refreshed_at > (
            select coalesce(max(refreshed_at), cast(\'1970-01-01\' as timestamp)) from ' ~ this ~ '
        )
    ')) -}}
{% endmacro %}

{# a condition that keeps the rows of those days; the outer bounds let both engines skip files #}
{% macro on_days(moment, days) -%}
    {%- if not days -%}
    1 = 0
    {%- else -%}
    {{ moment }} >= cast('{{ days | min }}' as timestamp)
    and {{ moment }} < {{ end_of_day("cast('" ~ days | max ~ "' as date)") }}
    and cast({{ moment }} as date) in (
        {%- for day in days | sort %}cast('{{ day }}' as date){{ ', ' if not loop.last }}{% endfor -%}
    )
    {%- endif -%}
{%- endmacro %}
