{# Rows of a raw table that count: those of completed loads. A load that died half-way stays invisible.
   `{{ raw('shop', 'customers') }}` is a select, to be put into brackets. #}
{% macro raw(channel, table) -%}
    select *
    from {{ lake_relation('raw_' ~ channel, table) }}
    where _dlt_load_id in (
        select load_id from {{ loads_relation('raw_' ~ channel) }} where status = 0
    )
{%- endmacro %}

{# The newest row of each key in a raw table, among completed loads.

   key: list of columns. newest_by: the source's own "changed at" column, where it has one; among equals the row that
   arrived last wins. parent: the column of a document that always arrives whole: its parts from earlier loads are gone.
   first_load_where: a condition; adds `first_load_id`, the first load in which the key had a row that meets it (`true`
   for any row): it makes the order of first sight a function of the lake alone. #}
{% macro newest(channel, table, key, newest_by=none, parent=none, first_load_where=none, with_last_load=false) -%}
    {%- set key = quoted_columns(key) -%}
    select
        *
        {%- if first_load_where %},
        min(case when {{ first_load_where }} then _dlt_load_id end) over (partition by {{ key | join(', ') }})
            as first_load_id
        {%- endif %}
        {%- if with_last_load %},
        max(_dlt_load_id) over (partition by {{ key | join(', ') }}) as last_load_id
        {%- endif %}
    from (
        {{ raw(channel, table) }}
        {{- of_touched_keys(channel, table, key[0]) }}
    ) as arrived
    qualify row_number() over (
        partition by {{ key | join(', ') }}
        order by {% if newest_by %}{{ change_order(quoted_column(newest_by)) }} desc nulls last, {% endif -%}
            _dlt_load_id desc, _source_file desc, _line desc
    ) = 1
    {%- if parent %}
    and _dlt_load_id = max(_dlt_load_id) over (partition by {{ quoted_column(parent) }})
    {%- endif %}
{%- endmacro %}

{# Where consents are rows: of each customer and message channel the newest answer among completed loads; of one moment
   the no, without a time the one that arrived last. A row without an answer counts for nothing.

   of: the columns that say who and what about, such as ['customer_no', 'kind']. granted: the column with the answer.
   changed_at: the column with its time, where there is one. #}
{% macro newest_answers(channel, table, of, granted, changed_at=none) -%}
    select *
    from (
        {{ raw(channel, table) }}
    ) as answers
    where {{ quoted_column(granted) }} is not null
    qualify row_number() over (
        partition by {{ quoted_columns(of) | join(', ') }}
        order by
            {% if changed_at -%}
            {{ change_order(quoted_column(changed_at)) }} desc nulls last, {{ quoted_column(granted) }},
            {% endif -%}
            _dlt_load_id desc, _source_file desc, _line desc
    ) = 1
{%- endmacro %}
