{#
    The rules of a model's columns; one row for each that is broken, with the first and the last value that break it.

    not_null: columns without nulls. unique: columns in which no value occurs twice, and lists of columns whose values
    do not occur twice together. accepted_values: by column, what it may hold beside null. required_values: by column,
    values that each need a row. minimum: by column, the lowest number. relationships: by column, the model (`to`) and
    the column (`field`) that have each of its values.

    One test for all of them: starting a test costs more than counting. Nulls and accepted values are counted in one
    pass. Of a kept table the rules look at what was replaced since its tests last passed; relationships look at all
    rows, for what they lead to may be gone.
#}
{% test column_rules(
    model, not_null=[], unique=[], accepted_values={}, required_values={}, minimum={}, relationships={}
) %}

{% set checks = [] %}
{% for column in not_null %}
    {% set breaks = quoted_column(column) ~ ' is null' %}
    {% do checks.append({'rule': 'not_null', 'column': column, 'breaks': breaks, 'shown': 'null'}) %}
{% endfor %}
{% for column, values in accepted_values.items() %}
    {% set accepted = [] %}
    {% for value in values %}
        {% do accepted.append("'" ~ value | replace("'", "''") ~ "'" if value is string else value) %}
    {% endfor %}
    {% set breaks = quoted_column(column) ~ ' not in (' ~ accepted | join(', ') ~ ')' %}
    {% set shown = 'case when ' ~ breaks ~ ' then ' ~ quoted_column(column) ~ ' end' %}
    {% do checks.append({'rule': 'accepted_values', 'column': column, 'breaks': breaks, 'shown': shown}) %}
{% endfor %}
{% for column, lowest in minimum.items() %}
    {% set breaks = quoted_column(column) ~ ' < ' ~ lowest %}
    {% set shown = 'case when ' ~ breaks ~ ' then ' ~ quoted_column(column) ~ ' end' %}
    {% do checks.append({'rule': 'minimum', 'column': column, 'breaks': breaks, 'shown': shown}) %}
{% endfor %}

{% set broken = [] %}
{% if checks %}
    {% set in_one_pass %}
select
    checked.rule_name,
    checked.column_name
    {% for measure in ['failing_rows', 'first_value', 'last_value'] %},
    case checked.check_no
    {% for check in checks %}
        when {{ loop.index }} then counted.{{ measure }}_{{ loop.index }}
    {% endfor %}
    end as {{ measure }}
    {% endfor %}
from (
    select
    {% for check in checks %}
        count(*) filter (where {{ check.breaks }}) as failing_rows_{{ loop.index }},
        cast(min({{ check.shown }}) as string) as first_value_{{ loop.index }},
        cast(max({{ check.shown }}) as string) as last_value_{{ loop.index }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ rows_to_test(model) }}
) as counted
cross join (
    values
    {% for check in checks %}
        ({{ loop.index }}, '{{ check.rule }}', '{{ check.column }}'){{ ',' if not loop.last }}
    {% endfor %}
) as checked (check_no, rule_name, column_name)
    {% endset %}
    {% do broken.append(in_one_pass) %}
{% endif %}

{% for one in unique %}
    {% set columns = [one] if one is string else one %}
    {% set names = quoted_columns(columns) %}
    {% set twice %}
select
    'unique' as rule_name,
    '{{ columns | join(', ') }}' as column_name,
    count(*) as failing_rows,
    min(shown_value) as first_value,
    max(shown_value) as last_value
from (
    select
        concat_ws(', '{% for name in names %}, cast({{ name }} as string){% endfor %}) as shown_value
    from {{ rows_to_test(model, columns) }}
    {% if one is string %}where {{ quoted_column(one) }} is not null{% endif %}
    group by {{ names | join(', ') }}
    having count(*) > 1
) as occurs_twice
    {% endset %}
    {% do broken.append(twice) %}
{% endfor %}

{% for column, values in required_values.items() %}
    {% set without_row %}
select
    'required_values' as rule_name,
    '{{ column }}' as column_name,
    count(*) as failing_rows,
    min(needed.required_value) as first_value,
    max(needed.required_value) as last_value
from (
    values
    {% for value in values %}
        ('{{ value | replace("'", "''") }}'){{ ',' if not loop.last }}
    {% endfor %}
) as needed (required_value)
anti join {{ model }} as present on needed.required_value = present.{{ quoted_column(column) }}
    {% endset %}
    {% do broken.append(without_row) %}
{% endfor %}

{% for column, parent in relationships.items() %}
    {% set without_parent %}
select
    'relationships' as rule_name,
    '{{ column }}' as column_name,
    count(*) as failing_rows,
    cast(min(child.{{ quoted_column(column) }}) as string) as first_value,
    cast(max(child.{{ quoted_column(column) }}) as string) as last_value
from {{ model }} as child
anti join {{ parent.to }} as parent on child.{{ quoted_column(column) }} = parent.{{ quoted_column(parent.field) }}
where child.{{ quoted_column(column) }} is not null
    {% endset %}
    {% do broken.append(without_parent) %}
{% endfor %}

select * from (
{{ broken | join('union all') }}
) as broken_rules
where failing_rows > 0

{% endtest %}
