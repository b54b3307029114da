{# What the identity models judge by, in one place. #}

{# reasons for which an identifier value links nobody at all, as a list for `in` #}
{% macro reasons_that_link_nobody() -%}
    'blocked_value', 'too_many_people', 'too_many_profiles', 'several_accounts'
{%- endmacro %}

{# a value that cannot be anybody's: blank, nothing but zeros, x or signs, or longer than any real identifier #}
{% macro is_absurd(value) -%}
    (
        {{ regexp_found(value, '^([-0 ]*|[xX]+|[-*?._# ]+)$') }}
        or length({{ value }}) > 200
    )
{%- endmacro %}

{# the guard's reason when a customer would have too many values of a kind #}
{% macro reason_of_kind(kind) -%}
    case
        when {{ kind }} = 'id_number' then 'id_numbers_differ'
        when {{ kind }} like 'separate:%' then 'steward_separate'
        when {{ kind }} in ('birthday', 'name') then 'birthdays_and_names_differ'
        else 'too_many_' || {{ kind }}
    end
{%- endmacro %}

{# those who are linked with each other by one value: the value, its owner's time and the name, or another group #}
{% macro group_key(value_key, period, name_group) -%}
    cast({{ value_key }} as string) || ':' || cast({{ period }} as string) || ':' || cast({{ name_group }} as string)
{%- endmacro %}
