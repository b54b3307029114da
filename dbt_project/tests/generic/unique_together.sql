{# No two rows agree in all of the columns. #}
{% test unique_together(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as n
from {{ rows_to_test(model, columns) }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
