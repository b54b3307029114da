{# The metric tables and what they measure: a metric of customers is a column of a model `int_metrics__<area>`, marked in
   its yml by its kind: `metric: number`, `word`, `flag` or `day`. #}

{# names of the metric tables, sorted: ['int_metrics__frequency', 'int_metrics__spend', …] #}
{% macro metric_models() %}
    {%- set listed = listed_models() -%}
    {%- set found = [] -%}
    {%- if listed -%}
        {%- for name in listed if name.startswith('int_metrics__') -%}{%- do found.append(name) -%}{%- endfor -%}
    {%- else -%}
        {%- for name in var('known_models').metrics -%}{%- do found.append('int_metrics__' ~ name) -%}{%- endfor -%}
    {%- endif -%}
    {{- return(found | sort) -}}
{% endmacro %}

{# by metric: the model that has it, and its kind #}
{% macro customer_metrics() %}
    {%- set found, models = {}, metric_models() -%}
    {%- for node in graph.get('nodes', {}).values() if node.resource_type == 'model' and node.name in models -%}
        {%- for column in node.columns.values() if column.config.get('meta', {}).get('metric') -%}
            {%- do found.update({column.name: {'model': node.name, 'kind': column.config.meta.metric}}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{# names of the models that are tags of one's own, sorted: ['tag_vip', …] #}
{% macro custom_tag_models() %}
    {%- set listed = listed_models() -%}
    {%- set found = [] -%}
    {%- if listed -%}
        {%- for name in listed if name.startswith('tag_') -%}{%- do found.append(name) -%}{%- endfor -%}
    {%- else -%}
        {%- for name in var('known_models').custom_tags -%}{%- do found.append('tag_' ~ name) -%}{%- endfor -%}
    {%- endif -%}
    {{- return(found | sort) -}}
{% endmacro %}

{# the node of a model as the graph has it; {} while the project is parsed #}
{% macro node_of(name) %}
    {%- for node in graph.get('nodes', {}).values() if node.resource_type == 'model' and node.name == name -%}
        {{- return(node) -}}
    {%- endfor -%}
    {{- return({}) -}}
{% endmacro %}
