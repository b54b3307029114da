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

{# Whether two names are two people's: both are known, and no spelling or order of parts makes one of the other. A part
   that only one has says nothing. Read from the columns that `name_parts_alike` made. #}
{% macro names_differ() -%}
    case
        when is_one_unnamed then null
        when is_same_name then false
        when is_one_without_features then true
        else not (
            coalesce(alike_1_1 and alike_2_2, alike_1_1, alike_2_2, false)
            or coalesce(alike_1_2 and alike_2_1, alike_1_2, alike_2_1, false)
        )
    end
{%- endmacro %}

{# The columns that tell the names of two rows of `name_parts` apart: whether part i of one may be a spelling of part j of
   the other (null where one is missing), and what is known of the names as wholes. #}
{% macro name_parts_alike(one, other) -%}
    {{ one }}.name_token is null or {{ other }}.name_token is null as is_one_unnamed,
    {{ one }}.name_token = {{ other }}.name_token as is_same_name,
    {{ one }}.name_features is null or {{ other }}.name_features is null as is_one_without_features
    {%- for left, right in [(1, 1), (2, 2), (1, 2), (2, 1)] %},
    {{ one }}.part_{{ left }}_token = {{ other }}.part_{{ right }}_token
    or {{ bits_alike(one ~ '.part_' ~ left, other ~ '.part_' ~ right) }} >= {{ var('name_likeness') }}
        as alike_{{ left }}_{{ right }}
    {%- endfor %}
{%- endmacro %}

{# the columns of both parts of a name, from its similarity features #}
{% macro name_parts(features) -%}
    {%- for part in [1, 2] %}
    {{ feature_token(features, part) }} as part_{{ part }}_token,
    {{ bit_columns(feature_bits(features, part), 'part_' ~ part) }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
