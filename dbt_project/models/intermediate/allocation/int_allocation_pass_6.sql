{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(6, reach=32, by_turn=true) }}
