{{ config(schema='intermediate', access='protected') }}

{{ allocation_pass(5, by_turn=true) }}
