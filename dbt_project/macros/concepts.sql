{# The concepts that channels share, and the columns of each. A channel's concept model (`stg_<channel>__orders`) names
   only what the channel has; everything else becomes a typed null, so that the intermediate models can unite channels
   without knowing any of them. Ids stay the channel's own here; the intermediate models put `<channel>:` in front. #}

{% macro concept_columns(concept) %}
    {%- set profiles = {'native_id': 'string'} -%}
    {%- set personal = ['phone', 'email', 'name', 'id_number', 'address', 'address_line_2'] -%}
    {%- for column in personal_columns(personal) + feature_columns(personal) + further_columns(personal) -%}
        {%- do profiles.update({column: 'string'}) -%}
    {%- endfor -%}
    {%- do profiles.update({
        'phone_features': 'string', 'identity_name_token': 'string',
        'wecom_external_userid': 'string', 'wecom_unionid': 'string', 'member_no': 'string',
        'shop_account': 'string', 'app_user_id': 'string', 'device_id': 'string',
        'gender': 'string', 'birthday': 'date', 'birthday_text': 'string', 'birthplace': 'string', 'province': 'string',
        'city': 'string', 'postcode': 'string', 'house_number': 'string', 'company': 'string', 'job_title': 'string',
        'shares_key_with': 'string', 'is_test': 'boolean',
        'registered_at': 'timestamp', 'updated_at': 'timestamp', 'first_load_id': 'string'
    }) -%}
    {%- set columns = {
        'profiles': profiles,
        'orders': {
            'order_id': 'string', 'native_id': 'string', 'status': 'string', 'is_paid': 'boolean',
            'store_name': 'string', 'is_online': 'boolean', 'uses_coupon': 'boolean', 'currency': 'string',
            'gross_amount': 'decimal(18, 2)',
            'refund_amount': 'decimal(18, 2)', 'ordered_at': 'timestamp', 'paid_at': 'timestamp',
            'refunded_at': 'timestamp', 'first_load_id': 'string', 'last_load_id': 'string'
        },
        'exchange_rates': {
            'rate_day': 'date', 'currency': 'string', 'into_currency': 'string', 'rate': 'decimal(18, 8)'
        },
        'order_lines': {
            'order_id': 'string', 'line_no': 'bigint', 'sku': 'string', 'product_name': 'string',
            'category': 'string', 'quantity': 'bigint', 'unit_price': 'decimal(18, 4)', 'amount': 'decimal(18, 2)',
            'load_id': 'string'
        },
        'interactions': {
            'interaction_id': 'string', 'native_id': 'string', 'kind': 'string', 'detail': 'string',
            'is_inbound': 'boolean', 'is_withdrawn': 'boolean', 'occurred_at': 'timestamp', 'load_id': 'string'
        },
        'feedback': {
            'feedback_id': 'string', 'native_id': 'string', 'kind': 'string', 'scene': 'string', 'metric': 'string',
            'topic': 'string', 'severity': 'string', 'ticket_type': 'string', 'region': 'string', 'text': 'string',
            'score': 'double', 'occurred_at': 'timestamp', 'responded_at': 'timestamp', 'resolved_at': 'timestamp'
        },
        'consents': {
            'identifier_type': 'string', 'identifier_token': 'string', 'channel': 'string', 'purpose': 'string',
            'granted': 'boolean', 'source': 'string', 'changed_at': 'timestamp'
        },
        'logins': {
            'native_id': 'string', 'account_type': 'string', 'account': 'string', 'first_seen_at': 'timestamp',
            'last_seen_at': 'timestamp', 'load_id': 'string'
        },
        'file_ledger': {
            'target': 'string', 'source_file': 'string', 'file_id': 'string', 'kind': 'string',
            'cursor_value': 'string', 'bytes': 'bigint', 'physical_rows': 'bigint', 'loaded_rows': 'bigint',
            'quarantined_rows': 'bigint', 'ingested_at': 'timestamp'
        }
    } -%}
    {{- return(columns[concept]) -}}
{% endmacro %}

{# what a channel cannot leave out #}
{% macro concept_required(concept) %}
    {{- return({
        'profiles': ['native_id', 'first_load_id'],
        'orders': ['order_id', 'native_id', 'gross_amount', 'ordered_at'],
        'exchange_rates': ['rate_day', 'currency', 'into_currency', 'rate'],
        'order_lines': ['order_id', 'line_no', 'amount'],
        'interactions': ['interaction_id', 'native_id', 'kind', 'occurred_at', 'load_id'],
        'feedback': ['feedback_id', 'kind', 'occurred_at'],
        'consents': ['identifier_type', 'identifier_token', 'channel', 'purpose', 'granted'],
        'logins': ['native_id', 'account_type', 'account', 'first_seen_at', 'last_seen_at', 'load_id']
    }.get(concept, [])) -}}
{% endmacro %}

{# the columns of each personal value: phone_token, phone_mask … A token is where the vault keeps a phone, an e-mail or an
   id number as it is sent to; names and addresses are kept as written, under a reference of their own: name_ref … #}
{% macro personal_columns(kinds) %}
    {%- set columns = [] -%}
    {%- for kind in kinds -%}
        {%- set parts = ['token', 'ref', 'mask'] if kind in ['name', 'address', 'address_line_2'] else ['token', 'mask'] -%}
        {%- for part in parts -%}{%- do columns.append(kind ~ '_' ~ part) -%}{%- endfor -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}

{# the similarity features of each personal identifier: name_features …; a phone has none, for one digit off is somebody
   else's #}
{% macro feature_columns(kinds) %}
    {%- set columns = [] -%}
    {%- for kind in kinds if kind != 'phone' -%}{%- do columns.append(kind ~ '_features') -%}{%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}

{# what else is known of a phone or an e-mail: the kind of line, and the other numbers or addresses of its field, which
   are identifiers of the same profile (`further_identifiers` splits them) #}
{% macro further_columns(kinds) %}
    {%- set columns = [] -%}
    {%- if 'phone' in kinds -%}{%- do columns.append('phone_line_type') -%}{%- endif -%}
    {%- for kind in kinds if kind in ['phone', 'email'] -%}{%- do columns.append(kind ~ '_further') -%}{%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}

{# A name whose given and family name are two columns: the same name in one column of another channel is alike, since its
   features have both parts. Reference and mask are those of one value, as people are listed: the family name's. The app's
   search makes the same token, in `serving/search_terms.py`. #}
{% macro name_of_columns(given, family) %}
    {%- set parts = 'coalesce(split_part(' ~ given ~ "_features, '|', 1), '') || '|' || coalesce(split_part(" ~ family
        ~ "_features, '|', 2), '')" -%}
    {{- return({
        'name_token': 'coalesce(' ~ family ~ "_token || '+' || " ~ given ~ '_token, ' ~ family ~ '_token, ' ~ given
            ~ '_token)',
        'name_ref': 'coalesce(' ~ family ~ '_ref, ' ~ given ~ '_ref)',
        'name_mask': 'coalesce(' ~ family ~ '_mask, ' ~ given ~ '_mask)',
        'name_features': 'case when coalesce(' ~ given ~ '_features, ' ~ family ~ '_features) is not null then ' ~ parts
            ~ ' end'
    }) -}}
{% endmacro %}

{# The select list of a concept model: {{ concept('orders', {'order_id': 'invoice', 'gross_amount': 'total', …}) }}.
   `personal` lists the identifiers whose columns are taken over as they are: ['phone', 'name']. `name_columns` are the
   columns of given and family name where the channel has them apart: ['given', 'family'].
   A column that the concept does not know, or a required one left out, stops the compilation with the names. #}
{% macro concept(name, given, personal=[], name_columns=none) -%}
    {%- set columns = concept_columns(name) -%}
    {%- set expressions = {} -%}
    {%- for column in personal_columns(personal) + feature_columns(personal) + further_columns(personal) -%}
        {%- do expressions.update({column: column}) -%}
    {%- endfor -%}
    {%- if name_columns -%}{%- do expressions.update(name_of_columns(name_columns[0], name_columns[1])) -%}{%- endif -%}
    {%- do expressions.update(given) -%}
    {#- a name decides identity unless the channel says that its names are only nicknames -#}
    {%- if name == 'profiles' and 'name_token' in expressions and 'identity_name_token' not in expressions -%}
        {%- do expressions.update({'identity_name_token': expressions.name_token}) -%}
    {%- endif -%}
    {%- for column in expressions if column not in columns -%}
        {{ exceptions.raise_compiler_error(
            "concept '" ~ name ~ "' has no column '" ~ column ~ "'; it has: " ~ columns | join(', ')) }}
    {%- endfor -%}
    {%- for column in concept_required(name) if column not in expressions -%}
        {{ exceptions.raise_compiler_error("concept '" ~ name ~ "' needs the column '" ~ column ~ "'") }}
    {%- endfor -%}
    {%- if name == 'orders' and 'status' not in expressions and 'is_paid' not in expressions -%}
        {{ exceptions.raise_compiler_error("concept 'orders' needs the column 'status', or 'is_paid' where no word says it") }}
    {%- endif -%}
    {%- for column, type in columns.items() %}
        cast({{ quoted_column(expressions.get(column, 'null')) }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# All channels that have a concept, one below the other, each row with its channel's name in `channel_column`. With no
   such channel: no rows, right types. `only`: by channel, the condition on its rows; other channels are left out. #}
{% macro united(concept, channel_column='channel', only=none) -%}
    {%- set columns = concept_columns(concept) -%}
    {%- for channel in channels_with(concept) if only is none or channel in only %}
    {%- if not loop.first %}
    union all
    {% endif %}
    select
        {%- if channel_column %}
        '{{ channel }}' as {{ channel_column }},
        {%- endif %}
        {{ columns | join(',\n        ') }}
    from {{ ref('stg_' ~ channel ~ '__' ~ concept) }}
    {%- if only is not none %}
    where {{ only[channel] }}
    {%- endif %}
    {%- else %}
    select
        {%- if channel_column %}
        cast(null as string) as {{ channel_column }},
        {%- endif %}
        {%- for column, type in columns.items() %}
        cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where 1 = 0
    {%- endfor %}
{%- endmacro %}
