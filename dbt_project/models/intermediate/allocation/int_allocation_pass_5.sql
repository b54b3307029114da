{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(5, reach=16) }}
