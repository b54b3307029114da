{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(6, by_turn=true, is_last=true) }}
