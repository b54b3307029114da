{# The fields of the golden record: what makes a value the same, what of it may be shown, and the columns of a profile
   that follow the choice. A mask and a reference are columns of the field, so they come with their token. #}
{% macro golden_fields() %}
    {%- set fields = [] -%}
    {%- for name in ['name', 'phone', 'message_phone', 'email'] -%}
        {%- do fields.append({
            'name': name, 'value': name ~ '_token', 'shown': name ~ '_mask', 'columns': personal_columns([name])
                + ([name ~ '_line_type'] if name in ['phone', 'message_phone'] else [])
        }) -%}
    {%- endfor -%}
    {%- for name in [
        'member_no', 'app_user_id', 'wecom_external_userid', 'gender', 'province', 'city', 'company', 'job_title',
        'birthday'
    ] -%}
        {%- do fields.append({'name': name, 'value': name, 'shown': name, 'columns': [name]}) -%}
    {%- endfor -%}
    {{- return(fields) -}}
{% endmacro %}
{# The fields of the golden record that a message can go to: of each kind of identifier the first field that a customer
   has. The token of a personal one is where the vault keeps it; other ids stand for themselves. The seed
   message_channels may name these kinds, which its yml lists too. #}
{% macro address_fields() %}
    {%- set sealed = {'message_phone': 'phone', 'phone': 'phone', 'email': 'email'} -%}
    {%- set fields = [] -%}
    {%- for field, identifier_type in sealed.items() -%}
        {%- do fields.append({
            'field': field, 'identifier_type': identifier_type, 'token': field ~ '_token', 'mask': field ~ '_mask',
            'line_type': field ~ '_line_type' if identifier_type == 'phone'
        }) -%}
    {%- endfor -%}
    {%- for field in ['wecom_external_userid', 'app_user_id'] -%}
        {%- do fields.append({'field': field, 'identifier_type': field, 'token': field, 'mask': field}) -%}
    {%- endfor -%}
    {{- return(fields) -}}
{% endmacro %}
