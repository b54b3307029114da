{#- One pass over the candidates that are still open. A candidate is granted when it fits into every limit even if every
    better placed open one were granted; it is out when it does not fit beside those that are granted, or when another
    channel of its message or another customer of its address was. Every pass so decides exactly as one that goes through
    all candidates one after the other. A pass leaves what it granted and what it looked at and left open.

    A pass looks at the candidates up to the place where everybody's taking one would use up what is left `reach` times of
    the limits that customers share; who comes after it waits, and costs little. Without a `reach` it looks at all of them.
    With `by_turn` the limits that customers share count only the better placed ones whose turn it is, which settles long
    chains: no limit is ever exceeded, but somebody whose first choice was refused may come after others.
    With `is_last` whoever is still open says which limits it would exceed. -#}
{% macro allocation_pass(number, reach=1, by_turn=false, is_last=false) %}
{%- set limits = message_limits() %}
{%- set of_customer = limits | selectattr('is_of_customer') | list %}
{%- set shared = limits | rejectattr('is_of_customer') | list %}
{%- set offer_keys = key_columns(limits) | reject('in', ['customer_key', 'employee']) | list %}
{%- set of_offers = keys_of_limits(shared) | rejectattr('name', 'equalto', 'channel_and_employee') | list %}
{%- set earlier = range(1, number) | list %}
with offers as (

    select * from {{ ref('int_offer_limits') }}
    where is_approved

),
{% if earlier %}
passes_before as (
    {%- for pass in earlier %}

    select
        offer_key,
        customer_key,
        employee,
        is_granted,
        reached_place,
        place
    from {{ ref('int_allocation_pass_' ~ pass) }}
    {{- '\n\n    union all' if not loop.last }}
    {%- endfor %}

),

granted_before as (

    select
        passes_before.customer_key,
        passes_before.employee,
        {{ columns_of('offers', offer_keys) }},
        offers.cost,
        passes_before.place
    from passes_before
    inner join offers on passes_before.offer_key = offers.offer_key
    where passes_before.is_granted

),

{% for one in keys_of_limits(limits) -%}
{{ taken_by(one, 'taken_before', 'granted_before') }}
{% endfor %}
{%- endif %}
{{ rooms_of_offers(shared, earlier) }}
{% if reach -%}
waiting_places as (

    {{ waiting(earlier, 'offer_key, place') }}

),

{{ reached_blocks(of_offers, reach) }}
{% endif -%}
-- no pass goes back behind the one before, so that nobody is left out
reached as (

    select
        {%- if reach %}
        greatest(
            coalesce((max(block) + 1) * {{ var('allocation_block') }} - 1, 0),
            {{ 'coalesce((select max(reached_place) from passes_before), 0)' if earlier else '0' }}
        ) as place
    from reached_blocks
        {%- else %}
        coalesce(max(place), 0) as place
    from {{ ref('int_campaign_options') }}
        {%- endif %}

),

waiting as (

    {{ waiting(earlier, option_columns()) }}

),

open_options as (

    select
        waiting.*,
        {{ columns_of('offers', offer_keys) }},
        {%- for limit in shared if limit not in candidate_limits() %}
        offers.room_{{ limit.name }},
        {%- endfor %}
        offers.cost,
        case
            when offers.has_other_channels then {{ xor_of('waiting.customer_key', 'offers.message_key') }}
        end as offer_id,
        {{ xor_of('waiting.address_key', 'offers.message_key') }} as address_id
    from waiting
    inner join offers_with_room as offers on waiting.offer_key = offers.offer_key
    where waiting.place <= (select place from reached)

),

first_of_offers as (

    select min(place) as place
    from open_options
    where offer_id is not null
    group by offer_id

),

first_of_addresses as (

    select min(place) as place
    from open_options
    where address_id is not null
    group by address_id

),

in_turn as (

    select
        open_options.*,
        open_options.offer_id is null or first_of_offers.place is not null as is_first_channel,
        open_options.address_id is null or first_of_addresses.place is not null as is_first_of_address
    from open_options
    left join first_of_offers on open_options.place = first_of_offers.place
    left join first_of_addresses on open_options.place = first_of_addresses.place

),

-- how many messages a candidate and the customer's better placed ones would take of what each limit counts; of the
-- channels of one message only the first counts where all of them take from the same key
customer_lines as (

    select
        place
        {%- for one in keys_of_limits(of_customer) %},
        row_number() over (
            partition by {{ one['keys'] | join(', ') }}{{ '' if 'channel' in one['keys'] else ', is_first_channel' }}
            order by place
        ) as line_{{ one.name }}
        {%- endfor %}
    from in_turn

),

behind_own_limits as (

    select
        in_turn.*,
        {%- for limit in of_customer %}
        coalesce(
            customer_lines.line_{{ keys_name(limit) }} > in_turn.room_{{ limit.name }}
            {%- if earlier %} - coalesce(taken_before_by_{{ keys_name(limit) }}.messages, 0){% endif %},
            false
        ) as is_behind_{{ limit.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from in_turn
    inner join customer_lines on in_turn.place = customer_lines.place
    {%- for one in keys_of_limits(of_customer) if earlier %}
    left join taken_before_by_{{ one.name }} on {{ equal_keys('in_turn', 'taken_before_by_' ~ one.name, one['keys']) }}
    {%- endfor %}

),

-- whose turn it is: no better channel of the message is open, nor another customer of the address, and there is room
placed as (

    select
        *,
        is_first_channel and is_first_of_address
        {%- for limit in of_customer %} and not is_behind_{{ limit.name }}{% endfor %} as has_turn
    from behind_own_limits

),

counted as (

    select * from placed
    {%- if by_turn %}
    where has_turn
    {%- endif %}

),

{% for one in keys_of_limits(shared) -%}
{{ lines_of(one, has_taken=earlier | length > 0) }}
{% endfor -%}
judged as (

    select
        placed.*,
        {%- for limit in shared %}
        placed.has_turn and coalesce(lines_of_{{ keys_name(limit) }}.is_behind_{{ limit.name }}, false)
            as is_behind_{{ limit.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from placed
    {%- for one in keys_of_limits(shared) %}
    left join lines_of_{{ one.name }} on placed.place = lines_of_{{ one.name }}.place
    {%- endfor %}

),

granted as (

    select * from judged
    where
        has_turn
        {%- for limit in shared %}
        and not is_behind_{{ limit.name }}
        {%- endfor %}

),

granted_offers as (

    select distinct offer_id from granted
    where offer_id is not null

),

granted_addresses as (

    select distinct address_id from granted
    where address_id is not null

),

{% for one in keys_of_limits(limits) -%}
{{ taken_by(one, 'taken', 'granted') }}
{% endfor -%}
compared as (

    select
        judged.*,
        judged.has_turn
        {%- for limit in shared %}
        and not judged.is_behind_{{ limit.name }}
        {%- endfor %} as is_granted,
        granted_offers.offer_id is not null or granted_addresses.address_id is not null
        {%- for limit in limits %}
        {%- set keys = keys_name(limit) %}
        or coalesce(
            judged.room_{{ limit.name }} - coalesce(taken_by_{{ keys }}.{{ taken_column(limit) }}, 0)
            {%- if earlier and limit in candidate_limits() %}
            - coalesce(taken_before_by_{{ keys }}.{{ taken_column(limit) }}, 0)
            {%- endif %}
            < {{ 'judged.cost' if limit.takes == 'cost' else '1' }},
            false
        )
        {%- endfor %} as is_out
    from judged
    left join granted_offers on judged.offer_id = granted_offers.offer_id
    left join granted_addresses on judged.address_id = granted_addresses.address_id
    {%- for one in keys_of_limits(limits) %}
    left join taken_by_{{ one.name }} on {{ equal_keys('judged', 'taken_by_' ~ one.name, one['keys']) }}
    {%- if earlier and one['limits'][0] in candidate_limits() %}
    left join taken_before_by_{{ one.name }} on {{ equal_keys('judged', 'taken_before_by_' ~ one.name, one['keys']) }}
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        {{ option_columns() }},
        is_granted,
        {%- for limit in limits if is_last %}
        is_behind_{{ limit.name }},
        {%- endfor %}
        -- everybody up to here was looked at
        (select place from reached) as reached_place
    from compared
    where is_granted or not is_out

)

select * from final
{% endmacro %}
