{#- A bound of the 95 % interval of a share, sign - or +. Wilson: Probable inference, the law of succession, and statistical
    inference (1927). -#}
{% macro wilson_bound(yes, trials, sign) -%}
    {%- set z = 1.959963984540054 -%}
    greatest(
            ({{ yes }} + {{ z * z / 2 }} {{ sign }} {{ z }}
            * sqrt(cast({{ yes }} as double) * ({{ trials }} - {{ yes }}) / {{ trials }} + {{ z * z / 4 }}))
            / ({{ trials }} + {{ z * z }}), 0
        )
{%- endmacro %}

{#- How many standard errors a 95 % interval of Student reaches to each side, by degrees of freedom: the expansion of Cornish
    and Fisher, from 3 degrees on right to 0.2 % (Abramowitz and Stegun 26.7.5). -#}
{% macro student_reach(freedom) -%}
    (
            1.959963984540054 + 2.372271230 / {{ freedom }} + 2.822499 / pow({{ freedom }}, 2)
            + 2.555850 / pow({{ freedom }}, 3) + 1.589536 / pow({{ freedom }}, 4)
        )
{%- endmacro %}

{#- The same of an interval that holds at every look, by the units of both arms: the asymptotic confidence sequence that is
    narrowest at 5,000 units (intelligence/experiments/confidence_sequence.py has the source). -#}
{% macro sequence_reach(units) -%}
    {%- set information = '(' ~ units ~ ' * 8.211968062068253 / 5000)' -%}
    sqrt(2 * ({{ information }} + 1) / {{ information }} * ln(sqrt({{ information }} + 1) / 0.05))
{%- endmacro %}
