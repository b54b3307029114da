{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(4, reach=8) }}
