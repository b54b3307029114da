{# Words of a source, whose meaning is a seed row per channel. #}

{# a word as it is looked up: no letter case, no outer blanks of any kind, `_` for blanks and hyphens between words #}
{% macro source_word(text) -%}
    {%- set blanks = ' \t\r\n\u00a0\u3000\u200b\ufeff' -%}
    nullif(replace(replace(lower(trim(both '{{ blanks }}' from {{ text }})), ' ', '_'), '-', '_'), '')
{%- endmacro %}

{# a word as it is shown to people, short enough for a line #}
{% macro shown_word(text) -%} substr({{ clean_text(text) }}, 1, 40) {%- endmacro %}
