{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(4, by_turn=true) }}
