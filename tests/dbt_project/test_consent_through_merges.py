"""Whoever is merged with whom: nobody is written to who was not written to before, and a no is never lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.testing.dbt.allocation_worlds import PASSES
from tests.testing.dbt.compiled_models import CompiledModels
from tests.testing.dbt.merge_worlds import CHANNELS, History, histories, tables

MODELS = (
    "int_customer_profiles", "int_customer_profile_ranks", "int_customer_identifiers", "int_customer_field_sources",
    "int_customer_addresses", "customer_consents", "customers", "int_campaign_recipients", "int_suppressions",
    "int_customer_suppressions", "int_campaign_shared_addresses", "int_campaign_offers", "int_recipient_channels",
    "int_campaign_checks", "int_limit_usage",
    "int_message_prices", "int_campaign_spending", "int_offer_limits",
    "int_campaign_options", *PASSES, "int_campaign_grants", "int_draft_allocation", "int_campaign_allocation",
    "int_campaign_decisions", "campaign_plan",
)  # fmt: skip
ADDRESSES = ("message_phone", "phone", "email", "wecom_external_userid", "app_user_id")
# Every rule that the seed's own test allows for an address.
RULES = st.fixed_dictionaries(
    {field: st.sampled_from(("most_trusted", "most_recent", "longest")) for field in ADDRESSES}
)
Step = tuple[int, int]

STANDING = """
    create or replace table intermediate.int_profile_orders as select null::varchar as source_profile_id where false;
    create or replace table intermediate.int_profile_interactions as from intermediate.int_profile_orders;
    create or replace table intermediate.int_feedback as
    select null::varchar as source_profile_id, 'ticket' as kind, null::timestamp as occurred_at where false;
    create or replace table intermediate.int_points as
    select null::varchar as source_profile_id, 0 as points, null::varchar as held_reason,
        null::timestamp as occurred_at where false;
    create or replace table intermediate.int_deliveries as
    select null::varchar as campaign_id, 0 as campaign_version, 0 as step, null::varchar as customer_id,
        null::varchar as occurrence, null::varchar as channel, null::varchar as identifier_token, false as is_sent,
        null::varchar as delivery_id, null::varchar as destination, false as takes_cap_slot,
        null::timestamp as planned_at, null::timestamp as accepted_at
    where false;
    create or replace table intermediate.int_delivery_events as
    select null::varchar as delivery_id, null::varchar as event where false;
    create or replace table intermediate.int_campaigns as
    select unnest(['sms', 'email', 'wecom', 'app_push']) as campaign_id, 1 as version, null::double as budget,
        null::int as daily_limit, null::int as offer_stock, 'campaign' as kind, true as is_active, true as is_approved,
        'once' as occurrence, 'everybody' as segment, 'marketing' as purpose, 'of ' || campaign_id as cap_class,
        0::double as holdout_percent, 1 as priority, true as is_in_schedule, true as is_offer_valid;
    create or replace table intermediate.int_campaign_channels as
    select campaign_id, 1 as step, campaign_id as channel, null::int as step_before, 0 as wait_days,
        1 as channel_position, 'tool' as destination, 'text' as template
    from intermediate.int_campaigns;
    create or replace table intermediate.int_campaign_values as
    select campaign_id, 1::double as value_per_message from intermediate.int_campaigns;
    create or replace table intermediate.int_campaign_missing_fields as
    select '' as campaign_id, 1 as step, '' as channel, '' as variant, '' as missing_fields where false;
    create or replace table intermediate.int_campaign_cap_usage as
    select null::varchar as customer_id, null::varchar as cap_class, 0 as messages where false;
"""
# What the models above the packed rows read; a campaign for each channel, so that none is preferred over another.
PACKED = """
    create or replace table intermediate.int_address_employees as
    select distinct 'wecom_external_userid' as identifier_type, wecom_external_userid as identifier_token,
        'staff' as employee
    from profiles;
    create or replace table intermediate.int_profiles as
    select * exclude (changed_on), case when takes_no_message then 'landline' end as phone_line_type,
        case when not takes_no_message then phone_token end as message_phone_token,
        case when not takes_no_message then phone_mask end as message_phone_mask,
        case when not takes_no_message then 'unknown' end as message_phone_line_type, null::varchar as name_token,
        null::varchar as name_ref,
        null::varchar as name_mask, null::varchar as member_no, null::varchar as gender, null::varchar as province,
        null::varchar as city, null::varchar as company, null::varchar as job_title, null::date as birthday,
        false as is_test, timestamp '2026-01-01' as registered_at,
        timestamp '2026-02-01' + to_days(changed_on::int) as updated_at
    from (select *, phone_token like '%0' as takes_no_message from profiles);
    create or replace table identity.customer_map as from customer_map;
    create or replace table identity.int_identity__observations as
    select *, null::varchar as identifier_mask from observations;
    create or replace table intermediate.int_consents as
    select * exclude (changed_on), timestamp '2026-03-01' + to_days(changed_on::int) as changed_at from consents;
    create or replace table staging.stg_operations__suppressions as
    select *, true as is_active, timestamp '2026-03-01' as created_at from suppressions;
    create or replace table intermediate.int_customer_totals as
    select distinct customer_id, 1 as source_profiles, 0 as orders_count, 0 as returned_orders, 0 as kept_revenue,
        0 as interactions_count, 0 as interactions_30d, 0 as gross_revenue,
        0 as refunded_amount, 0 as net_revenue,
        null::timestamp as registered_at, null::timestamp as first_seen_at, null::timestamp as last_seen_at,
        null::timestamp as first_purchase_at, null::timestamp as last_purchase_at,
        null::timestamp as last_interaction_at
    from customer_map;
    create or replace table marts.customer_value as
    -- no two of one step are worth the same, so that who gets the message of a shared address is no matter of chance
    select customer_id, 'high' as value_tier,
        rank() over (order by split_part(customer_id, '|', 2))::double as value_score
    from (select distinct customer_id from customer_map);
    create or replace table marts.customer_lifecycle as
    select distinct customer_id, 'active' as stage, 1 as days_since_purchase from customer_map;
    create or replace table marts.customer_rfm as select null::varchar as customer_id, '' as segment_8 where false;
    create or replace table marts.customer_tags as
    select null::varchar as customer_id, '' as tag, '' as value, true as is_current where false;
    create or replace table intermediate.int_tags as select '' as tag, false as is_sensitive where false;
    create or replace table intermediate.int_campaign_candidates as
    select distinct channel as campaign_id, customer_id, channel, 1 as step,
        list_position(['app_push', 'email', 'sms', 'wecom'], channel) as offer_key, 'marketing' as consent_purpose,
        'once' as occurrence, 'a' as variant, true as is_step_due
    from customer_map, (select unnest(['sms', 'email', 'wecom', 'app_push']) as channel);
"""
TYPES = {
    "profiles": ("source_profile_id", "channel", "phone_token", "phone_mask", "email_token",
                 "email_mask", "shop_account", "app_user_id", "wecom_external_userid"),
    "customer_map": ("source_profile_id", "customer_id"),
    "consents": ("identifier_type", "identifier_token", "channel", "purpose", "source"),
    "suppressions": ("identifier_type", "identifier_token", "channel", "reason"),
    "observations": ("source_profile_id", "identifier_type", "identifier_value"),
}  # fmt: skip
OTHERS = {"profiles": {"changed_on": pa.int64()}, "consents": {"granted": pa.bool_(), "changed_on": pa.int64()}}


@dataclass
class Outcome:
    """What the models decided, for every step of every history; tokens without the step's name.

    Attributes:
        written_to: the addresses that get a message, with the channel.
        plan: every row of the plan, by the records that the customer is made of.
        closed: the channels that are closed to the owner of a record, and '画像' where the owner is not profiled.
    """

    written_to: dict[Step, set[tuple[str, str]]]
    plan: dict[Step, set[tuple[Any, ...]]]
    closed: dict[Step, dict[int, set[str]]]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CompiledModels, duckdb.DuckDBPyConnection]]:
    models = CompiledModels(tmp_path_factory.mktemp("merges"), select=MODELS)
    with models.database() as connection:
        connection.execute("set threads = 1")
        connection.execute(STANDING)
        connection.execute(f"""
            update seeds.frequency_caps set max_messages = 100;
            insert into seeds.frequency_caps
            select 'of ' || unnest({list(CHANNELS)}), 'high', 100, 7;
        """)
        yield models, connection


# Failing worlds are told as they are: making them smaller would take minutes, each try builds the models.
@settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(worlds=st.lists(histories(), min_size=4, max_size=12), rules=RULES)
def test_no_merge_opens_an_address_or_loses_a_no_and_an_unmerge_restores_everything(
    warehouse: tuple[CompiledModels, duckdb.DuckDBPyConnection], worlds: list[History], rules: dict[str, str]
) -> None:
    outcome = _decide(*warehouse, worlds, rules)
    for number, history in enumerate(worlds):
        for fine, coarse in history.finer:
            before, after = (number, fine), (number, coarse)
            assert outcome.written_to[after] <= outcome.written_to[before], (history, before, after)
            for place in range(len(history.profiles)):
                assert outcome.closed[before][place] <= outcome.closed[after][place], (history, before, after)
            _nothing_new_is_closed(history, outcome, before, after)
        for step in range(len(history.partitions)):
            for places, decision, channel, *_ in outcome.plan[number, step]:
                if decision == "send":
                    assert not any(channel in history.refusals(place) for place in places), (history, step)
        for left, back in history.restored:
            assert outcome.plan[number, left] == outcome.plan[number, back], (history, left, back)
            assert outcome.closed[number, left] == outcome.closed[number, back]


def test_the_worlds_are_not_empty(warehouse: tuple[CompiledModels, duckdb.DuckDBPyConnection]) -> None:
    """Enough of the random people may be written to, and enough merges close something, for the property to mean it."""
    worlds: list[History] = []

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(history=histories())
    def collect(history: History) -> None:
        worlds.append(history)

    collect()
    outcome = _decide(*warehouse, worlds, dict.fromkeys(ADDRESSES, "most_trusted"))
    merges = [(number, pair) for number, history in enumerate(worlds) for pair in history.finer]
    opened = [number for number, (fine, _) in merges if outcome.written_to[number, fine]]
    closing = [
        number for number, (fine, coarse) in merges
        if outcome.written_to[number, coarse] < outcome.written_to[number, fine]
    ]  # fmt: skip
    assert len(opened) > 100
    assert len(closing) > 30
    assert any(history.restored for history in worlds)


def _nothing_new_is_closed(history: History, outcome: Outcome, before: Step, after: Step) -> None:
    """What is closed to a customer was closed to one of the parts that it is made of."""
    partition = history.partitions[after[1]]
    for place, customer in enumerate(partition):
        parts = [outcome.closed[before][other] for other, same in enumerate(partition) if same == customer]
        assert outcome.closed[after][place] == set().union(*parts)


def _decide(
    models: CompiledModels, connection: duckdb.DuckDBPyConnection, worlds: Sequence[History], rules: dict[str, str]
) -> Outcome:
    """Run the models on all steps of all histories at once."""
    for name, rows in tables(worlds).items():
        schema = pa.schema([*((column, pa.string()) for column in TYPES[name]), *OTHERS.get(name, {}).items()])
        connection.register(name, pa.Table.from_pylist(rows, schema=schema))
    for field, rule in rules.items():
        connection.execute("update seeds.survivorship_rules set rule = ? where field = ?", [rule, field])
    connection.execute(PACKED)
    models.build(connection, *MODELS)
    outcome = Outcome(defaultdict(set), defaultdict(set), defaultdict(lambda: defaultdict(set)))
    members: dict[str, list[int]] = defaultdict(list)
    for profile, customer in connection.execute("from identity.customer_map").fetchall():
        members[customer].append(int(profile.split("|")[1]))
    for customer in members:
        for place in members[customer]:
            outcome.closed[_step(customer)][place] = set()
    for customer, decision, channel, token, reasons in connection.execute("""
        select customer_id, decision, channel, identifier_token, reasons from campaigns.campaign_plan
    """).fetchall():
        address = token and token.split("|")[1]
        outcome.plan[_step(customer)].add((tuple(sorted(members[customer])), decision, channel, address, reasons))
        if decision == "send":
            outcome.written_to[_step(customer)].add((channel, address))
    for customer, closed in connection.execute("""
        select customer_id, channel from intermediate.int_customer_suppressions
        union all select customer_id, channel || ' erased' from intermediate.int_customer_suppressions where is_erased
        union all select customer_id, '画像' from marts.customers where is_profiling_optout
    """).fetchall():
        for place in members[customer]:
            outcome.closed[_step(customer)][place].add(closed)
    return outcome


def _step(name: str) -> Step:
    world, step = name.split("|")[0].split(".")
    return int(world), int(step)
