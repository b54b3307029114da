{# The ingestion ledger of a channel: every channel has the same one, written by ingestion itself. #}
{% macro file_ledger(channel) -%}
    select
        {{ concept_columns('file_ledger') | join(',\n        ') }}
    from ({{ raw(channel, 'file_ledger') }}) as arrived
{%- endmacro %}
