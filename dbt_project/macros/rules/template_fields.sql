{# The fields of message templates: rows of the seed template_fields, in the order of their names. None where nothing can be
   asked: while the project is parsed, or compiled without a warehouse. #}
{% macro template_field_rows() %}
    {%- if not execute -%}{%- do ref('template_fields') -%}{{- return([]) -}}{%- endif -%}
    {%- if not flags.INTROSPECT or load_relation(table_of('template_fields')) is none -%}{{- return([]) -}}{%- endif -%}
    {%- set found = [] -%}
    {%- for row in run_query(
        'select field, value_type, source_table, source_column from ' ~ table_of('template_fields') ~ ' order by field'
    ).rows -%}
        {%- set one = {} -%}
        {%- for name in row.keys() -%}{%- do one.update({name: row[name]}) -%}{%- endfor -%}
        {%- do found.append(one) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{# The fields of a row that are not known, comma-separated in their order; '' where all are. A text without letters counts
   as not known, as it does when a message is made. #}
{% macro missing_field_names(pairs) -%}
    {%- if not pairs -%}''
    {%- else -%}
    concat_ws(
        ','
        {%- for field, expression in pairs %},
        case when coalesce(trim(cast({{ expression }} as string)), '') = '' then '{{ field }}' end
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}

{# [['field', 'expression'], …] for json_object_text: what each field is read from, in its type #}
{% macro template_field_pairs(rows) %}
    {%- set found = [] -%}
    {%- for row in rows -%}
        {%- set known = node_of(row['source_table']).get('columns', {}).keys() | list -%}
        {%- if row['source_table'] != 'customer_tags' and row['source_column'] not in known -%}
            {{- exceptions.raise_compiler_error(
                'template_fields.csv: ' ~ row['field'] ~ ': source_column: ' ~ row['source_table'] ~ ' has no column '
                ~ row['source_column'] ~ '; it has ' ~ known | join(', ')) -}}
        {%- endif -%}
        {%- set column = row['source_table'] ~ '.' ~ row['source_column'] -%}
        {%- if row['value_type'] == 'date' -%}
            {%- set column = 'cast(cast(' ~ column ~ ' as date) as string)' -%}
        {%- elif row['value_type'] == 'text' -%}
            {%- set column = 'cast(' ~ column ~ ' as string)' -%}
        {%- endif -%}
        {%- do found.append([row['field'], column]) -%}
    {%- endfor -%}
    {#- the caps are the value tier's, whether or not texts use it #}
    {%- if 'value_tier' not in rows | map(attribute='field') -%}
        {%- do found.append(['value_tier', 'customer_value.value_tier']) -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}
