{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(3, reach=4) }}
