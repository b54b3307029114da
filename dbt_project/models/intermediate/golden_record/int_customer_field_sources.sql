{{ kept_by('customer_id') }}

{#- A preference is two numbers in one, so that the least of them is found by an aggregate instead of a sort: what the
    rule looks at, times this, plus the profile's place in the order of trust, which tells equals apart. -#}
{%- set places = 1000000000 -%}
with profiles as (

    select * from {{ ref('int_profiles') }}

),

ranks as (

    select * from {{ ref('int_customer_profile_ranks') }}
    where {{ among_affected('customer_id') }}

),

survivorship_rules as (

    select * from {{ ref('survivorship_rules') }}

),

-- every field of every profile on a row of its own, with the rule that chooses the field
asked as (

    select
        ranks.customer_id,
        survivorship_rules.field,
        survivorship_rules.rule,
        ranks.trusted_position,
        ranks.recent_position,
        case survivorship_rules.field
            {%- for field in golden_fields() %}
            when '{{ field.name }}' then cast(profiles.{{ field.value }} as string)
            {%- endfor %}
        end as value,
        case survivorship_rules.field
            {%- for field in golden_fields() %}
            when '{{ field.name }}' then length(cast(profiles.{{ field.shown }} as string))
            {%- endfor %}
        end as characters
    from ranks
    inner join profiles on ranks.source_profile_id = profiles.source_profile_id
    cross join survivorship_rules

),

-- the values that compete for a field: an empty one does not
candidates as (

    select
        customer_id,
        field,
        rule,
        value,
        count(*) as records,
        min(
            case rule
                when 'most_recent' then recent_position * {{ places }} + trusted_position
                when 'longest' then ({{ places }} - coalesce(characters, 0)) * {{ places }} + trusted_position
                else trusted_position
            end
        ) as preference
    from asked
    where value is not null
    group by customer_id, field, rule, value

),

weighed as (

    select
        customer_id,
        field,
        rule,
        records,
        case when rule = 'most_frequent' then ({{ places }} - records) * {{ places }} else 0 end + preference
            as preference
    from candidates

),

winners as (

    select
        customer_id,
        field,
        rule,
        sum(records) as records,
        count(*) as distinct_values,
        min(preference) % {{ places }} as trusted_position
    from weighed
    group by customer_id, field, rule

),

final as (

    select
        winners.customer_id,
        winners.field,
        winners.rule,
        ranks.source_profile_id,
        ranks.channel,
        cast(winners.records - 1 as int) as other_candidates,
        cast(winners.distinct_values as int) as distinct_values
    from winners
    inner join ranks
        on winners.customer_id = ranks.customer_id
        and winners.trusted_position = ranks.trusted_position

)

select * from final
