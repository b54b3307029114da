{# Which models exist: so that adding a channel or a segment needs no list to be edited. #}

{# names of the files under models/staging and models/marts/segments, as `guanxi` found them; empty under plain dbt #}
{% macro listed_models() %}
    {{- return(env_var('GUANXI_MODELS', '').split(',') | select | list) -}}
{% endmacro %}

{# the channels that have a concept (profiles, orders, interactions …), in the order of vars.channels #}
{% macro channels_with(concept) %}
    {%- set listed = listed_models() -%}
    {%- set found = [] -%}
    {%- for channel in var('channels') -%}
        {%- if listed and 'stg_' ~ channel ~ '__' ~ concept in listed -%}
            {%- do found.append(channel) -%}
        {%- elif not listed and channel in var('known_models').get(concept, []) -%}
            {%- do found.append(channel) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{# names of the segment models, sorted: ['segment_dormant_recall', …]; segment_members, which unites them, is none #}
{% macro segment_models() %}
    {%- set listed = listed_models() -%}
    {%- set found = [] -%}
    {%- if listed -%}
        {%- for name in listed if name.startswith('segment_') and name != 'segment_members' -%}{%- do found.append(name) -%}{%- endfor -%}
    {%- else -%}
        {%- for name in var('known_models').segments -%}{%- do found.append('segment_' ~ name) -%}{%- endfor -%}
    {%- endif -%}
    {{- return(found | sort) -}}
{% endmacro %}
