{%- set shared = ['phone_token', 'email_token', 'whole_id_token', 'birthday'] -%}
with delivered as (

    select * from {{ ref('stg_records__rows') }}

),

-- an id that comes twice is nearly always the same person's, so only these few are looked at
several as (

    select
        record_id,
        place,
        _file_id,
        whole_name_token,
        phone_token,
        email_token,
        whole_id_token,
        {{ digits_of_date(clean_text('birthday')) }} as birthday
    from delivered
    where rows_of_id > 1

),

-- two rows of an id are two people where the names differ, everything that both have of a person's own differs too, and
-- they have something, or come in one file, where no row is the correction of another
agreeing as (

    select
        one.record_id,
        one.place,
        other.place as other_place
    from several as one
    inner join several as other on one.record_id = other.record_id
    where
        one.place = other.place
        or coalesce(one.whole_name_token = other.whole_name_token, true)
        {%- for name in shared %}
        or coalesce(one.{{ name }} = other.{{ name }}, false)
        {%- endfor %}
        or (
            one._file_id <> other._file_id
            {%- for name in shared %}
            and (one.{{ name }} is null or other.{{ name }} is null)
            {%- endfor %}
        )

),

first_reach as (

    select
        record_id,
        place,
        min(other_place) as first_place
    from agreeing
    group by record_id, place

),

-- who changed the name in one delivery and the number in the next is reached over the row between
second_reach as (

    select
        agreeing.record_id,
        agreeing.place,
        min(first_reach.first_place) as first_place
    from agreeing
    inner join first_reach
        on agreeing.record_id = first_reach.record_id and agreeing.other_place = first_reach.place
    group by agreeing.record_id, agreeing.place

),

final as (

    select
        delivered.record_id,
        delivered.place,
        delivered._file_id,
        delivered._line,
        case
            when coalesce(second_reach.first_place, 1) = 1 then delivered.record_id
            else delivered.record_id || '#' || cast(second_reach.first_place as string)
        end as person_id
    from delivered
    left join second_reach
        on delivered.record_id = second_reach.record_id and delivered.place = second_reach.place

)

select * from final
