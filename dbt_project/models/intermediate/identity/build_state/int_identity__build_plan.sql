{%- set digest = identity_rules_digest() %}

with final as (

    select
        '{{ digest }}' as rules_digest,
        {{ 'true' if can_build_on_last_run(digest) else 'false' }} as is_partial,
        {{ run_mark() }} as planned_at,
        -- the run whose tables this one replaces rows of
        cast({{ last_planned_at() }} as timestamp) as built_on

)

select * from final
