{# A name as one number. It goes by how the name sounds, from its similarity features `given.bits|family.bits`: the tokens
   of both parts, the smaller one first, so that 王伟, Wang Wei and Wei Wang are one name. #}
{% macro name_key(token, features) -%}
    {%- set given = "split_part(split_part(" ~ features ~ ", '|', 1), '.', 1)" -%}
    {%- set family = "split_part(split_part(" ~ features ~ ", '|', 2), '.', 1)" -%}
    case
        when {{ token }} is null then null
        when {{ features }} is null then {{ hash_key(token) }}
        else {{ hash_key('least(' ~ given ~ ', ' ~ family ~ ") || '+' || greatest(" ~ given ~ ', ' ~ family ~ ')') }}
    end
{%- endmacro %}
