{# How an engine reads raw files and replaces partitions. #}

{# the incremental strategy that replaces whole partitions: the same meaning on both engines. Give the partition column
   as `unique_key` (DuckDB) and in `partition_by=partition_columns([…])` (Spark), and select it last. #}
{% macro whole_partitions() %}
    {{- return(adapter.dispatch('whole_partitions', 'guanxi')()) -}}
{% endmacro %}
{% macro default__whole_partitions() %}{{ return('delete+insert') }}{% endmacro %}
{% macro spark__whole_partitions() %}{{ return('insert_overwrite') }}{% endmacro %}

{# the partition columns for `partition_by`: DuckDB tables have none, and it would warn #}
{% macro partition_columns(columns) %}
    {{- return(adapter.dispatch('partition_columns', 'guanxi')(columns)) -}}
{% endmacro %}
{% macro default__partition_columns(columns) %}{{ return(none) }}{% endmacro %}
{% macro spark__partition_columns(columns) %}{{ return(columns) }}{% endmacro %}

{# a table of the lake as a relation: DuckDB follows the source's `external_location`, Spark reads the folder #}
{% macro lake_relation(source_name, table_name) %}
    {{- return(adapter.dispatch('lake_relation', 'guanxi')(source_name, table_name)) -}}
{% endmacro %}
{% macro default__lake_relation(source_name, table_name) -%} {{ source(source_name, table_name) }} {%- endmacro %}
{% macro spark__lake_relation(source_name, table_name) -%}
    {#- naming the source keeps the lineage -#}
    {%- do source(source_name, table_name) -%}
    parquet.`{{ model_results() if source_name == 'raw_intelligence' else lake() }}/{{ source_name }}/{{ table_name }}`
{%- endmacro %}

{# the loads of a dataset and their state: one JSON line per load, written when it is complete #}
{% macro loads_relation(source_name) %}
    {{- return(adapter.dispatch('loads_relation', 'guanxi')(source_name)) -}}
{% endmacro %}
{% macro default__loads_relation(source_name) -%}
    read_json(
        '{{ lake() }}/{{ source_name }}/_dlt_loads/*.jsonl',
        format = 'newline_delimited', columns = {load_id: 'varchar', status: 'int'}
    )
{%- endmacro %}
{% macro spark__loads_relation(source_name) -%}
    {#- as text: a folder without a load yet has no JSON to tell columns from -#}
    (
        select
            get_json_object(value, '$.load_id') as load_id,
            cast(get_json_object(value, '$.status') as int) as status
        from text.`{{ lake() }}/{{ source_name }}/_dlt_loads/*.jsonl`
    ) as loads
{%- endmacro %}

{# the files of a table of the lake as they are now: a select of `place`, which changes with every change of a file. Only
   asked for where rows can be deleted. In the place of a merged part stand those that were merged into it, so that merging
   changes nothing; a merged part that was changed since stands for itself. #}
{% macro lake_files(source_name, table_name) -%}
    {{ adapter.dispatch('lake_files', 'guanxi')(source_name, table_name) }}
{%- endmacro %}
{% macro default__lake_files(source_name, table_name) -%}
    select unnest(coalesce(merged.places, [files.place])) as place
    from (
        select
            parse_filename(filename) as name,
            parse_filename(filename) || ' ' || size || ' ' || epoch_us(last_modified) // 1000000 as place
        from read_blob('{{ lake() }}/{{ source_name }}/{{ table_name }}/*.parquet')
    ) as files
    left join (
        select
            parse_filename(part.key) as name,
            parse_filename(part.key) || ' ' || json_extract_string(part.value, '$.bytes') || ' '
            || cast(json_extract_string(part.value, '$.mtime_ns') as bigint) // 1000000000 as place,
            list_transform(
                cast(part.value -> '$.merged' as struct(name varchar, bytes bigint, mtime_ns bigint)[]),
                lambda one: parse_filename(one.name) || ' ' || one.bytes || ' ' || one.mtime_ns // 1000000000
            ) as places
        from (
            select unnest(map_entries(cast(json(content) -> '$.parts' as map(varchar, json)))) as part
            from read_text('{{ lake() }}/{{ source_name }}/_parts/compacted.*.json')
        ) as ledgers
        where part.key like '{{ table_name }}/%'
    ) as merged
        on files.place = merged.place
{%- endmacro %}

{# folder of the raw lake; known when SQL is run, so that one parse of the project serves every installation #}
{% macro lake() -%} {{ env_var('GUANXI_LAKE', '../data/lake') if execute }} {%- endmacro %}

{# folder below which fitted models leave what they found: the lake, of a past day a folder of its own. dbt itself calls the
   outcomes of a build `results` #}
{% macro model_results() -%} {{ env_var('GUANXI_RESULTS', env_var('GUANXI_LAKE', '../data/lake')) if execute }} {%- endmacro %}

{# `create table … as` for tables that a materialization makes by hand #}
{% macro create_plain_table(name, sql) %}
    {{- return(adapter.dispatch('create_plain_table', 'guanxi')(name, sql)) -}}
{% endmacro %}
{% macro default__create_plain_table(name, sql) -%} create table {{ name }} as {{ sql }} {%- endmacro %}
{% macro spark__create_plain_table(name, sql) -%} create table {{ name }} using parquet as {{ sql }} {%- endmacro %}

{# the main statement of a materialisation, in place of the relation that is there (none: nothing is). Where the engine
   has transactions, that one stays when the statement fails. #}
{% macro put_in_place(old_relation, target_relation, statement_of_new) %}
    {{- return(adapter.dispatch('put_in_place', 'guanxi')(old_relation, target_relation, statement_of_new)) -}}
{% endmacro %}
{% macro default__put_in_place(old_relation, target_relation, statement_of_new) %}
    {%- set is_same_kind = old_relation is not none and old_relation.type == target_relation.type -%}
    {#- dbt's own drop, which its cache hears of, is a transaction by itself -#}
    {% if old_relation is not none and not is_same_kind %}{% do adapter.drop_relation(old_relation) %}{% endif %}
    {% call statement('main') %}
        {%- if is_same_kind %}drop {{ old_relation.type }} if exists {{ old_relation }};{% endif %}
        {{ statement_of_new }}
    {% endcall %}
{% endmacro %}
{% macro spark__put_in_place(old_relation, target_relation, statement_of_new) %}
    {% if old_relation is not none %}{% do adapter.drop_relation(old_relation) %}{% endif %}
    {% call statement('main') %}{{ statement_of_new }}{% endcall %}
{% endmacro %}
