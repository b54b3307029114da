{# Cleaning that every channel needs. #}

{# text without outer blanks; null where nothing is left #}
{% macro clean_text(text) -%} nullif(trim({{ text }}), '') {%- endmacro %}

{# a province or city without its administrative ending: 杭州市 and 杭州 are one place #}
{% macro clean_place(text) -%} nullif({{ regexp_replace_all('trim(' ~ text ~ ')', '(市|省)$', '') }}, '') {%- endmacro %}

{# male or female from the words and codes that channels use; null for anything else #}
{% macro clean_gender(code) -%}
    case
        when lower(trim(cast({{ code }} as string))) in ('male', 'm', '男', '1', '先生') then 'male'
        when lower(trim(cast({{ code }} as string))) in ('female', 'f', '女', '2', '女士') then 'female'
    end
{%- endmacro %}

{# a birthday that can be one: not the placeholders of forms, not before 1906. Whether it lies in the future is judged in
   int_profiles, which knows the day: staging is the same every day. #}
{% macro plausible_birthday(day) -%}
    case
        when {{ day }} >= cast('1906-01-01' as date) and {{ day }} <> cast('1970-01-01' as date)
            then {{ day }}
    end
{%- endmacro %}

{# a birthday of eight digits as date; null for what is none, and for a first of January, which stands for "unknown" #}
{% macro date_of_digits(digits) -%}
    case
        when length({{ digits }}) = 8 and substr({{ digits }}, 5) <> '0101' and substr({{ digits }}, 1, 4) > '1905'
            then try_cast(
                substr({{ digits }}, 1, 4) || '-' || substr({{ digits }}, 5, 2) || '-' || substr({{ digits }}, 7) as date
            )
    end
{%- endmacro %}

{# a date as somebody wrote it, as digits in the order year, month, day; one that cannot be stays as its digits.
   7/2/1985 is the second of July only where the middle number cannot be a month. #}
{% macro digits_of_date(text) -%}
    {%- set parts = regexp_replace_all('trim(' ~ text ~ ')', '[^0-9]+', '-') -%}
    {%- set first, second, third = "split_part(" ~ parts ~ ", '-', 1)", "split_part(" ~ parts ~ ", '-', 2)",
        "split_part(" ~ parts ~ ", '-', 3)" -%}
    case
        when {{ regexp_found('trim(' ~ text ~ ')', '^[0-9]{8}([^0-9]|$)') }} then substr(trim({{ text }}), 1, 8)
        when length({{ first }}) = 4 and {{ second }} <> ''
            then {{ first }} || lpad({{ second }}, 2, '0') || lpad({{ third }}, 2, '0')
        when length({{ third }}) = 4 and try_cast({{ second }} as int) > 12
            then {{ third }} || lpad({{ first }}, 2, '0') || lpad({{ second }}, 2, '0')
        when length({{ third }}) = 4 then {{ third }} || lpad({{ second }}, 2, '0') || lpad({{ first }}, 2, '0')
        else nullif({{ regexp_replace_all(text, '[^0-9]+', '') }}, '')
    end
{%- endmacro %}
