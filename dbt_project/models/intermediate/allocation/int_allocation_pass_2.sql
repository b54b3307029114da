{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(2, reach=2) }}
