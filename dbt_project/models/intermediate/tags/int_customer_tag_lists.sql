{{ kept_by('customer_id', affected='affected_tagged_customers') }}
{%- set rules = tag_rule_rows() %}
{%- set kinds = [('tags', false, false), ('dated_tags', true, false),
    ('inferred_tags', false, true), ('inferred_dated_tags', true, true)] %}

with customers as (

    select * from {{ ref('int_customer_totals') }}
    where {{ among_affected('customer_id') }}

),

not_profiled as (

    select * from {{ ref('int_customers_not_profiled') }}

),

tag_values as (

    select * from {{ ref('int_tag_values') }}

),

tag_families as (

    select * from {{ ref('tag_families') }}

),

custom_members as (

    select * from {{ ref('int_custom_tag_members') }}
    where {{ among_affected('customer_id') }}

),

latest_cutoffs as (

    select * from {{ ref('int_tag_cutoffs') }}
    qualify log_no = max(log_no) over ()

),
{% for model in metric_models() %}
{{ model }} as (

    select * from {{ ref(model) }}

),
{% endfor %}
{%- if only_affected() %}
affected as (

    select
        customer_id,
        bool_and(is_by_day_alone) as is_by_day_alone
    from {{ entries_since('affected_tagged_customers') }} as entries
    group by customer_id

),

-- whom only the edge of a day moves keeps all tags but those that begin on a day
kept as (

    select
        customer_id,
        tags
    from {{ this }}
    where customer_id in (select affected.customer_id from affected where affected.is_by_day_alone)

),
{% endif %}
cutoffs as (

    {{ cutoff_columns(rules, 'latest_cutoffs') }}

),
{% for model in metric_models() %}
{%- set here = rules | selectattr('model', 'equalto', model) | list %}
-- all rules about a metric table in one pass over it
{{ model }}_tags as (

    select
        metrics.customer_id,
        {%- for column, is_dated, is_inferred in kinds %}
        {%- set found = tag_array(here | selectattr('is_inferred', 'equalto', is_inferred) | list, is_dated) %}
        {%- if only_affected() and not is_dated %}
        case when affected.is_by_day_alone then {{ empty_tags(false) }} else {{ found }} end as {{ column }},
        {%- else %}
        {{ found }} as {{ column }}{{ ',' if not loop.last }}
        {%- endif %}
        {%- endfor %}
    from {{ model }} as metrics
    {%- if only_affected() %}
    inner join affected on metrics.customer_id = affected.customer_id
    {%- endif %}
    cross join cutoffs
    {%- for rule in here if rule.operator == 'each' %}
    left join tag_values as words_{{ rule.tag }}
        on words_{{ rule.tag }}.tag = '{{ rule.tag }}' and words_{{ rule.tag }}.value = metrics.{{ rule.metric }}
    {%- endfor %}

),
{% endfor %}
custom_tags as (

    select
        custom_members.customer_id,
        {{ array_agg_distinct('case when not tag_families.is_inferred then tag_values.tag_no end') }} as tags,
        {{ array_agg_distinct('case when tag_families.is_inferred then tag_values.tag_no end') }} as inferred_tags
    from custom_members
    inner join tag_families on custom_members.family = tag_families.family
    inner join tag_values
        on custom_members.tag = tag_values.tag and coalesce(custom_members.value, '') = coalesce(tag_values.value, '')
    group by custom_members.customer_id

),

-- of whom nothing is inferred keeps the tags of the other families
joined as (

    select
        customers.customer_id,
        not_profiled.customer_id is null as is_profiled,
        {%- for column, is_dated, _ in kinds %}
        {{ joined_arrays(empty_tags(is_dated), tag_columns(column)) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from customers
    left join not_profiled on customers.customer_id = not_profiled.customer_id
    left join custom_tags on customers.customer_id = custom_tags.customer_id
    {%- for model in metric_models() %}
    left join {{ model }}_tags on customers.customer_id = {{ model }}_tags.customer_id
    {%- endfor %}

),

final as (

    select
        joined.customer_id,
        joined.is_profiled,
        {% if only_affected() %}coalesce(kept.tags, {% endif %}
        case when joined.is_profiled then joined.tags || joined.inferred_tags else joined.tags end
        {%- if only_affected() %}){% endif %} as tags,
        case
            when joined.is_profiled then joined.dated_tags || joined.inferred_dated_tags
            else joined.dated_tags
        end as dated_tags
    from joined
    {%- if only_affected() %}
    left join kept on joined.customer_id = kept.customer_id
    {%- endif %}

)

select * from final
