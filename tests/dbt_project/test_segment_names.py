"""Names of segments, tiers and quadrants say nothing that a customer did not do, whatever the list looks like."""

from pathlib import Path

import duckdb
import pytest

from tests.testing.data_sets import DATA, needs_data_sets
from tests.testing.dbt.compiled_models import CompiledModels

CDNOW = DATA / "cdnow" / "CDNOW_sample.txt"
MODELS = (
    *("int_profile_orders", "int_profile_interactions", "int_customer_profiles", "int_customer_totals"),
    *("customer_rfm", "customer_value"),
)
ACTIVE_NAMES = ("champions", "loyal_customers", "potential_loyalists", "new_customers", "promising", "about_to_sleep")
GONE_NAMES = ("lost", "hibernating", "cant_lose")
LOYAL_NAMES = ("champions", "loyal_customers", "cant_lose")

# customer, days before the as-of day, amount
ONCE_97_OF_100 = """
    select c as customer, (hash(c * 31 + i) % 700)::int as days_ago, (5 + hash(c, i) % 90)::decimal(18, 2) as amount
    from range(3000) as customers (c), range(4) as orders (i)
    where i < case when c % 100 >= 97 then 2 + c % 3 else 1 end
"""
EQUAL = "select c as customer, 0 as days_ago, 100::decimal(18, 2) as amount from range(200) as customers (c)"
HALF = """
    select c as customer, (hash(c) % 300)::int as days_ago, 40::decimal(18, 2) as amount
    from range(1, 500) as customers (c)
    union all select 0, (hash(i) % 300)::int, 20 from range(500) as orders (i)
"""
CLOSED = """
    select c as customer, 3000 + (hash(c * 31 + i) % 400)::int as days_ago,
        (5 + hash(c, i) % 90)::decimal(18, 2) as amount
    from range(500) as customers (c), range(9) as orders (i) where i <= c % 9
"""
LISTS = {"97 of 100 bought once": ONCE_97_OF_100, "all equal": EQUAL, "one has half": HALF, "closed": CLOSED}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("names"), {"rfm_window_days": 0}, select=MODELS)


def _named(models: CompiledModels, purchases: str, as_of: str = "2026-06-30") -> duckdb.DuckDBPyConnection:
    """A warehouse in which the marts of value are built from purchases: customer, days ago, amount."""
    connection = models.database()
    connection.execute(f"""
        create table intermediate.int_orders as
        select
            'shop:' || row_number() over () as order_id, 'shop:' || customer as source_profile_id, 'shop' as channel,
            'completed' as status, true as is_paid, amount as gross_amount, 0::decimal(18, 2) as refund_amount,
            amount as net_amount, (date '{as_of}' - days_ago::int)::timestamp as ordered_at, ordered_at as paid_at,
            null::timestamp as refunded_at, null::timestamp as returned_at, null::varchar as held_reason
        from ({purchases});
        create table intermediate.int_interactions_daily as
        select 'shop:0' as source_profile_id, 'app' as channel, 1 as interactions, null::timestamp as first_occurred_at,
            null::timestamp as last_occurred_at, null::date as interaction_day where false;
        create table intermediate.int_response_times as
        select null::varchar as customer_id, null::double as response_speed_hours where false;
        create table intermediate.int_profiles as
        select source_profile_id, 'shop' as channel, min(ordered_at) as registered_at, min(ordered_at) as updated_at,
            false as is_test
        from intermediate.int_orders group by all;
        create table identity.customer_map as
        select source_profile_id, source_profile_id as customer_id from intermediate.int_profiles;
    """)
    models.build(connection, *MODELS, as_of=as_of)
    return connection


def _count(connection: duckdb.DuckDBPyConnection, condition: str) -> int:
    query = (
        f"select count(*) from marts.customer_rfm inner join marts.customer_value using (customer_id) where {condition}"
    )
    row = connection.execute(query).fetchone()
    assert row
    return int(row[0])


def _keeps_the_promises(connection: duckdb.DuckDBPyConnection) -> None:
    """No name, in any of the lists, claims what days and orders deny."""
    for lie in (
        f"segment_11 in {LOYAL_NAMES} and frequency < 3",
        f"segment_11 in {ACTIVE_NAMES} and recency_days > 180",
        "segment_11 = 'champions' and recency_days > 90",
        "segment_11 = 'new_customers' and (frequency > 1 or recency_days > 90)",
        "segment_11 in ('need_attention', 'at_risk') and (frequency < 2 or recency_days > 365)",
        f"segment_11 in {GONE_NAMES} and recency_days <= 30",
        "segment_11 = 'lost' and recency_days <= 180",
        "segment_8 like '%_value' and (frequency < 3 or recency_days > 180)",
        "segment_8 like '%_development' and recency_days > 180",
        "segment_8 like '%_keep' and (frequency < 3 or recency_days > 730)",
        "segment_8 like '%_retain' and recency_days <= 30",
        "loyalty_tier = 'high_loyalty' and (frequency < 3 or recency_days > 180)",
        "loyalty_tier = 'potential' and recency_days > 365",
        "loyalty_tier = 'to_be_activated' and recency_days <= 30",
        "quadrant <> 'basic' and recency_days >= 365",
        "segment_11 is null or segment_8 is null",
    ):
        assert _count(connection, lie) == 0, lie


@pytest.mark.parametrize("purchases", LISTS.values(), ids=LISTS)
def test_no_name_claims_what_days_and_orders_deny(models: CompiledModels, purchases: str) -> None:
    with _named(models, purchases) as connection:
        _keeps_the_promises(connection)


def test_where_97_of_100_bought_once_champions_are_few_and_came_back_at_least_twice(models: CompiledModels) -> None:
    with _named(models, ONCE_97_OF_100) as connection:
        assert _count(connection, "frequency = 1") == 2910
        assert 0 < _count(connection, "segment_11 = 'champions'") < 30
        assert _count(connection, "segment_11 in ('new_customers', 'promising')") > 500
        assert _count(connection, "segment_8 = 'important_value'") < 90


def test_everybody_who_bought_today_for_the_first_time_is_a_new_customer(models: CompiledModels) -> None:
    with _named(models, EQUAL) as connection:
        assert _count(connection, "segment_11 = 'new_customers' and segment_8 = 'general_development'") == 200


def test_the_one_who_bought_half_of_everything_is_the_only_champion(models: CompiledModels) -> None:
    with _named(models, HALF) as connection:
        champions = "select customer_id from marts.customer_rfm where segment_11 = 'champions'"
        assert connection.execute(champions).fetchall() == [("shop:0",)]


def test_of_a_company_closed_for_3000_days_all_customers_are_lost(models: CompiledModels) -> None:
    with _named(models, CLOSED) as connection:
        assert _count(connection, "segment_11 = 'lost' and segment_8 in ('important_retain', 'general_retain')") == 500
        assert _count(connection, "f_score = 5 and r_score = 5") > 0, "scores stay relative"
        assert _count(connection, "loyalty_tier = 'to_be_activated' and quadrant = 'basic'") == 500


@needs_data_sets
@pytest.mark.parametrize(("silent", "champions"), [(0, 274), (3000, 0)])
def test_names_of_real_purchases_hold_on_their_last_day_and_after_3000_silent_days(
    models: CompiledModels, tmp_path: Path, silent: int, champions: int
) -> None:
    lines = [line.split() for line in CDNOW.read_text(encoding="utf-8").splitlines() if line.strip()]
    table = tmp_path / "purchases.csv"
    table.write_text("\n".join(",".join(parts) for parts in lines), encoding="utf-8")
    purchases = f"""
        select column0 as customer, {silent} + (date '1998-06-30' - strptime(column2, '%Y%m%d')::date) as days_ago,
            column4::decimal(18, 2) as amount
        from read_csv('{table}', header = false, all_varchar = true) where column4::double > 0
    """
    with _named(models, purchases) as connection:
        _keeps_the_promises(connection)
        assert _count(connection, "segment_11 = 'champions'") == champions
        assert _count(connection, "segment_11 = 'lost'") == (2349 if silent else 453)
