{# The rules of the seed tag_rules as the compiler reads them. #}

{# The rules that count on the as-of day, a list of dicts in the order of their numbers: `tag_no` and the cells of the seed
   that decide something, as texts, with `is_inferred` of the family. Rules whose metric no table has are left out.
   later: those whose day is still to come too. None where nothing can be asked: while the project is parsed, or compiled
   without a warehouse. #}
{% macro tag_rule_rows(later=false) %}
    {%- if not execute -%}
        {%- for name in ['tag_rules', 'tag_families', 'int_tag_values'] -%}{%- do ref(name) -%}{%- endfor -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- if not flags.INTROSPECT or load_relation(table_of('tag_rules')) is none
        or load_relation(table_of('int_tag_values')) is none -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set known = customer_metrics() -%}
    {%- set rules = [] -%}
    {%- for row in remembered('tag rules') or remember('tag rules', run_query(tag_rules_query()).rows) -%}
        {%- if row['metric'] in known and (later or not row['since'] or row['since'] <= as_of_text()) -%}
            {%- set rule = {'model': known[row['metric']].model} -%}
            {%- for name in row.keys() -%}{%- do rule.update({name: row[name]}) -%}{%- endfor -%}
            {%- do rules.append(rule) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(rules) -}}
{% endmacro %}

{# numbers as texts, so that they are written into SQL as they stand in the seed #}
{% macro tag_rules_query() %}
    select
        tag_values.tag_no,
        tag_rules.tag,
        tag_rules.metric,
        tag_rules.operator,
        cast(tag_rules.lower as string) as lower,
        cast(tag_rules.upper as string) as upper,
        cast(tag_rules.share as string) as share,
        tag_rules.word,
        cast(tag_rules.since as string) as since,
        coalesce(tag_families.is_inferred, true) as is_inferred
    from {{ table_of('tag_rules') }} as tag_rules
    left join {{ table_of('tag_families') }} as tag_families on tag_rules.family = tag_families.family
    left join {{ table_of('int_tag_values') }} as tag_values
        on tag_rules.tag = tag_values.tag and coalesce(tag_rules.value, '') = coalesce(tag_values.value, '')
    order by tag_values.tag_no, tag_rules.tag
{% endmacro %}

{# When a rule holds, as a condition on the row `metrics` and the row `cutoffs`. #}
{% macro tag_condition(rule) %}
    {%- set metric = 'metrics.' ~ rule.metric -%}
    {%- set bounds = [] -%}
    {%- if rule.operator == 'between' -%}
        {%- if rule.lower -%}{%- do bounds.append(metric ~ ' >= ' ~ rule.lower) -%}{%- endif -%}
        {%- if rule.upper -%}{%- do bounds.append(metric ~ ' < ' ~ rule.upper) -%}{%- endif -%}
    {%- elif rule.operator == 'days_ago' -%}
        {%- do bounds.append(metric ~ ' <= ' ~ add_days(as_of(), -whole_days(rule.lower))) -%}
        {%- if rule.upper -%}{%- do bounds.append(metric ~ ' > ' ~ add_days(as_of(), -whole_days(rule.upper))) -%}{%- endif -%}
    {%- elif rule.operator in ['top_share', 'bottom_share'] -%}
        {%- do bounds.append('cast(' ~ metric ~ ' as double) ' ~ ('>' if rule.operator == 'top_share' else '<')
            ~ ' cutoffs.cutoff_' ~ rule.tag_no) -%}
    {%- elif rule.operator == 'is' -%}
        {%- do bounds.append(metric ~ " = '" ~ rule.word | replace("'", "''") ~ "'") -%}
    {%- elif rule.operator == 'is_true' -%}{%- do bounds.append(metric) -%}
    {%- elif rule.operator == 'is_known' -%}{%- do bounds.append(metric ~ ' is not null') -%}
    {%- else -%}
        {{- exceptions.raise_compiler_error("tag_rules: there is no operator '" ~ rule.operator ~ "' (tag " ~ rule.tag ~ ')') -}}
    {%- endif -%}
    {{- return(bounds | join(' and ')) -}}
{% endmacro %}

{# The numbers of the tags of a row as one array: an expression for each tag, whatever its values, so that a table is read
   once for all rules about it. With `is_dated`, the tags that begin on a day's edge, each with that day. #}
{% macro tag_array(rules, is_dated) %}
    {%- set by_tag = {} -%}
    {%- for rule in rules if (rule.operator == 'days_ago') == is_dated -%}
        {%- do by_tag.setdefault(rule.tag, []).append(rule) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for tag, values in by_tag.items() -%}
        {%- if values[0].operator == 'each' -%}{%- do found.append('words_' ~ tag ~ '.tag_no') -%}
        {%- else -%}
            {%- set whens = [] -%}
            {%- for rule in values -%}
                {%- set entry = make_struct([
                    ['tag_no', rule.tag_no], ['since', add_days('metrics.' ~ rule.metric, whole_days(rule.lower))]
                ]) if is_dated else rule.tag_no -%}
                {%- do whens.append('when ' ~ tag_condition(rule) ~ ' then ' ~ entry) -%}
            {%- endfor -%}
            {%- do found.append('case ' ~ whens | join(' ') ~ ' end') -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(known_of_array(found) if found else empty_tags(is_dated)) -}}
{% endmacro %}

{# no tags, of the type of an array of tags #}
{% macro empty_tags(is_dated) %}
    {{- return(empty_array([['tag_no', 'int'], ['since', 'date']] if is_dated else 'int')) -}}
{% endmacro %}

{# The rules `each`, whose values are the words of a metric: [{tag, metric, model}, …]; asked before the words have numbers. #}
{% macro words_of_tags() %}
    {%- if not execute -%}{%- do ref('tag_rules') -%}{{- return([]) -}}{%- endif -%}
    {%- if not flags.INTROSPECT or load_relation(table_of('tag_rules')) is none -%}{{- return([]) -}}{%- endif -%}
    {%- set known = customer_metrics() -%}
    {%- set found = [] -%}
    {%- for row in run_query("select tag, metric from " ~ table_of('tag_rules') ~ " where operator = 'each' order by tag").rows -%}
        {%- if row['metric'] in known -%}
            {%- do found.append({'tag': row['tag'], 'metric': row['metric'], 'model': known[row['metric']].model}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{# By metric, the ages in days at which a rule begins or ceases to hold. #}
{% macro day_edges(rules) %}
    {%- set found = {} -%}
    {%- for rule in rules if rule.operator == 'days_ago' -%}
        {%- do found.setdefault(rule.metric, []).append(whole_days(rule.lower)) -%}
        {%- if rule.upper -%}{%- do found[rule.metric].append(whole_days(rule.upper)) -%}{%- endif -%}
    {%- endfor -%}
    {%- for metric in found -%}{%- do found.update({metric: found[metric] | unique | sort}) -%}{%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{# the rules that count today and did not when the log being built last looked #}
{% macro rules_that_begin(rules) %}
    {%- set last = mark_of(this.identifier, this.identifier).as_of -%}
    {%- set found = [] -%}
    {%- for rule in rules if rule.since and rule.since > last and rule.since <= as_of_text() -%}
        {%- do found.append(rule) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{# The rules of a share whose cut-off moved, appeared or went since the log being built last looked: only they need another
   look at everybody. #}
{% macro rules_with_moved_cutoffs(rules) %}
    {%- set moved -%}
        select distinct tag_no from {{ table_of('int_tag_cutoffs') }}
        where
            log_no > {{ followed(this.identifier, 'int_tag_cutoffs') }}
            and (cutoff <> former_cutoff or (cutoff is null) <> (former_cutoff is null))
    {%- endset -%}
    {{- return(rules | selectattr('tag_no', 'in', run_query(moved).columns[0].values()) | list) -}}
{% endmacro %}

{# A one-row select with the cut-off of each rule of a share in a column of its own. #}
{% macro cutoff_columns(rules, relation) -%}
    select
        {%- for rule in rules if rule.operator in ['top_share', 'bottom_share'] %}
        max(case when tag_no = {{ rule.tag_no }} then cutoff end) as cutoff_{{ rule.tag_no }},
        {%- endfor %}
        count(*) as cutoffs
    from {{ relation }}
{%- endmacro %}

{# the arrays of a kind of tags in the metric tables and in tags of one's own, each empty where a customer has no row #}
{% macro tag_columns(column) %}
    {%- set is_dated = 'dated' in column -%}
    {%- set found = [] -%}
    {%- for model in metric_models() -%}
        {%- do found.append('coalesce(' ~ model ~ '_tags.' ~ column ~ ', ' ~ empty_tags(is_dated) ~ ')') -%}
    {%- endfor -%}
    {%- if not is_dated -%}
        {%- do found.append('coalesce(custom_tags.' ~ column ~ ', ' ~ empty_tags(false) ~ ')') -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}

{# days of a bound, which is a text such as 30.0000; an empty one is 0 #}
{% macro whole_days(bound) %}{{ return((bound or 0) | float | int) }}{% endmacro %}
