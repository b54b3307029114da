{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(7, reach=none, by_turn=true) }}
