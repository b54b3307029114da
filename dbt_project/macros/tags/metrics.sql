{# The metric tables and what they measure: a metric is a column of a model `int_metrics__<area>`, marked `metric: true` in
   its yml. #}

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

{# by metric: the model that has it, and its kind, number, word, flag or day, as the column's type says #}
{% macro metrics() %}
    {%- set kinds = {'string': 'word', 'boolean': 'flag', 'date': 'day'} -%}
    {%- set found = {} -%}
    {%- for node in graph.get('nodes', {}).values() if node.resource_type == 'model' and node.name in metric_models() -%}
        {%- for column in node.columns.values() if column.meta.get('metric') -%}
            {%- do found.update({column.name: {'model': node.name, 'kind': kinds.get(column.data_type, 'number')}}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
