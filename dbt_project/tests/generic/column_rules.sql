{#
    Columns without nulls, and columns in which no value occurs twice; one row for each rule that is broken.
    One query for all columns of a model: starting a test costs more than counting. Of a kept table it looks at what was
    replaced since its tests last passed.
#}
{% test column_rules(model, not_null=[], unique=[]) %}

{% set counts = [] %}
{% if not_null %}
    {% set nulls %}
select
    'not_null' as rule,
    checked.column_name,
    case checked.column_name
    {% for column in not_null %}
        when '{{ column }}' then counted.{{ column }}
    {% endfor %}
    end as failing_rows
from (
    select
    {% for column in not_null %}
        count(*) filter (where {{ column }} is null) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ rows_to_test(model) }}
) as counted
cross join (
    values
    {% for column in not_null %}
        ('{{ column }}'){{ ',' if not loop.last }}
    {% endfor %}
) as checked (column_name)
    {% endset %}
    {% do counts.append(nulls) %}
{% endif %}
{% for column in unique %}
    {% set duplicates %}
select
    'unique' as rule,
    '{{ column }}' as column_name,
    count(*) as failing_rows
from (
    select {{ column }}
    from {{ rows_to_test(model, [column]) }}
    where {{ column }} is not null
    group by {{ column }}
    having count(*) > 1
) as duplicated
    {% endset %}
    {% do counts.append(duplicates) %}
{% endfor %}

select * from (
{{ counts | join('union all') }}
) as broken
where failing_rows > 0

{% endtest %}
