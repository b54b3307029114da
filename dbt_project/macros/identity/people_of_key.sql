{# Keys under which another person comes: numbering that starts again in each sheet, one id for a household. The first
   person keeps the key, every other gets the key with a number behind it and waits for a steward.

   Two versions of a key are two people where their names differ, something of a person's own is known of both, and all
   of it differs. Another spelling is no other name; a new name with the old phone is no other person, nor is a new
   phone with the old name. #}

{# Like `newest`, but the newest row of each person under each key, with two more columns: `person_key`, to take in place
   of the key's first column, and `shares_key_with`, that column as it came, null for the key's first person.

   shared: columns that are a person's own, such as phone_token. name: the name's columns begin with it. #}
{% macro newest_people(channel, table, key, shared, newest_by=none, first_load_where='true', name='name') -%}
    {%- set key = quoted_columns(key) -%}
    {%- set row_id = key + ['_dlt_load_id', '_source_file', '_line'] -%}
    with arrived as (

        {{ raw(channel, table) }}
        {{- of_touched_keys(channel, table, key[0]) }}

    ),

    -- nearly every key comes under one name, so only few are looked at
    several as (

        select {{ key | join(', ') }}
        from arrived
        group by {{ key | join(', ') }}
        having min({{ name }}_token) <> max({{ name }}_token)

    ),

    doubtful as (

        select
            {%- for column in row_id %}
            arrived.{{ column }},
            {%- endfor %}
            arrived.{{ name }}_token as name_token,
            arrived.{{ name }}_features as name_features,
            {%- for column in shared %}
            {{ own_value('arrived.' ~ column) }} as {{ column }},
            {%- endfor %}
            row_number() over (
                partition by {% for column in key %}arrived.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                order by arrived._dlt_load_id, arrived._source_file, arrived._line
            ) as place
        from arrived
        inner join several on {{ equal_columns('arrived', 'several', key) }}

    ),

    people as (

        {{ people_of_key('doubtful', key, shared) }}

    ),

    -- rows that are not about the first person of their key
    others as (

        select
            {%- for column in row_id %}
            doubtful.{{ column }},
            {%- endfor %}
            people.person_place
        from doubtful
        inner join people on {{ equal_columns('doubtful', 'people', key + ['place']) }}
        where people.person_place > 1

    ),

    told as (

        select
            arrived.*,
            others.person_place
        from arrived
        left join others on {{ equal_columns('arrived', 'others', row_id) }}

    )

    select
        *,
        {{ person_id(key[0], 'coalesce(person_place, 1)') }} as person_key,
        case when person_place is not null then {{ key[0] }} end as shares_key_with,
        min(case when {{ first_load_where }} then _dlt_load_id end)
            over (partition by {{ key | join(', ') }}, person_place) as first_load_id
    from told
    qualify row_number() over (
        partition by {{ key | join(', ') }}, person_place
        order by {% if newest_by %}{{ change_order(quoted_column(newest_by)) }} desc nulls last, {% endif -%}
            _dlt_load_id desc, _source_file desc, _line desc
    ) = 1
{%- endmacro %}

{# a value of a person's own; a placeholder is nobody's #}
{% macro own_value(column) -%}
    {%- if column.endswith('birthday') -%} {{ plausible_birthday(column) }}
    {%- elif column.endswith('_token') -%} {{ column }}
    {%- else -%} {{ clean_text(column) }}
    {%- endif -%}
{%- endmacro %}

{# the id of a person under a key: the key itself for the first one #}
{% macro person_id(key, person_place) -%}
    case when {{ person_place }} = 1 then {{ key }} else {{ key }} || '#' || cast({{ person_place }} as string) end
{%- endmacro %}

{# Who each row of a key is about, as a select of the key's columns, `place` and `person_place`, the place of the first row
   that is about that person.

   rows: a relation with the key's columns, `place` (1 for the row that came first), `name_token`, `name_features` and
   the columns of `shared`. in_one_file: names alone tell two rows of one `_file_id` apart, as in a list, where no row
   corrects another.

   A row belongs to an earlier one that may be the same person: best to one with which it shares something, else to one of
   its name, else to the latest. So nothing that comes later changes who an earlier row is about. #}
{% macro people_of_key(rows, key, shared, in_one_file=false) -%}
    {%- set told_by = key + ['name_token'] + shared + (['_file_id'] if in_one_file else []) -%}
    with numbered as (

        select
            *,
            min(place) over (partition by {{ told_by | join(', ') }}) as version_place
        from {{ rows }}

    ),

    versions as (

        select
            *,
            {{ name_parts('name_features') }}
        from numbered
        where place = version_place

    ),

    -- step by step: in one expression the comparison of two names would take the engine longer to plan than to compute
    paired as (

        select
            {%- for column in key %}
            one.{{ column }},
            {%- endfor %}
            one.place,
            other.place as other_place,
            {{ name_parts_alike('one', 'other') }},
            {% for column in shared -%}
            {{ 'or ' if not loop.first }}coalesce(one.{{ column }} = other.{{ column }}, false)
            {% endfor -%}
            as has_shared,
            {% for column in shared -%}
            {{ 'or ' if not loop.first }}(one.{{ column }} is not null and other.{{ column }} is not null)
            {% endfor -%}
            {{ 'or one._file_id = other._file_id ' if in_one_file }}as can_be_told
        from versions as one
        inner join versions as other
            on {{ equal_columns('one', 'other', key) }} and one.place > other.place

    ),

    compared as (

        select
            *,
            {{ names_differ() }} as has_other_name
        from paired

    ),

    may_be_same as (

        select
            *,
            case when has_shared then 2 when not has_other_name then 1 else 0 end as strength
        from compared
        where has_shared or not can_be_told or not coalesce(has_other_name, false)

    ),

    first_rows as (

        select
            {%- for column in key %}
            versions.{{ column }},
            {%- endfor %}
            versions.place
        from versions
        left join may_be_same on {{ equal_columns('versions', 'may_be_same', key + ['place']) }}
        where may_be_same.place is null

    ),

    linked as (

        select
            {%- for column in key %}
            may_be_same.{{ column }},
            {%- endfor %}
            may_be_same.place,
            may_be_same.other_place
        from may_be_same
        left join first_rows
            on {{ equal_columns('may_be_same', 'first_rows', key) }} and may_be_same.other_place = first_rows.place
        qualify row_number() over (
            partition by
                {% for column in key %}may_be_same.{{ column }}, {% endfor %}may_be_same.place
            order by
                may_be_same.strength desc,
                case when first_rows.place is null then 1 else 0 end,
                may_be_same.other_place desc
        ) = 1

    ),

    {% for step, before in [('linked_twice', 'linked'), ('linked_often', 'linked_twice')] -%}
    {{ step }} as (

        select
            {%- for column in key %}
            one.{{ column }},
            {%- endfor %}
            one.place,
            coalesce(further.other_place, one.other_place) as other_place
        from {{ before }} as one
        left join {{ before }} as further
            on {{ equal_columns('one', 'further', key) }} and one.other_place = further.place

    ),

    {% endfor -%}
    -- a longer chain of changes than that leads to the first
    final as (

        select
            {%- for column in key %}
            numbered.{{ column }},
            {%- endfor %}
            numbered.place,
            case
                when linked_often.place is null then numbered.version_place
                else coalesce(first_rows.place, 1)
            end as person_place
        from numbered
        left join linked_often
            on {{ equal_columns('numbered', 'linked_often', key) }} and numbered.version_place = linked_often.place
        left join first_rows
            on {{ equal_columns('linked_often', 'first_rows', key) }} and linked_often.other_place = first_rows.place

    )

    select * from final
{%- endmacro %}

{# one.a = other.a and one.b = other.b … #}
{% macro equal_columns(one, other, columns) -%}
    {% for column in columns %}{{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}
