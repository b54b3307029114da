{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(8, reach=none, by_turn=true, is_last=true) }}
