"""What a back-test keeps of a day that was built, and of what customers did after it."""

from datetime import date

import pytest

from orchestration.backtest.customer_days import CustomerDays
from orchestration.backtest.place import temporary_place
from stores.duckdb_connection import open_duckdb
from stores.settings import load_settings

DAY, TODAY = date(2026, 3, 31), date(2026, 5, 31)
# A warehouse as dbt leaves it, with the columns that are read.
WAREHOUSE = """
    create schema segments; create schema intermediate; create schema marts; create schema seeds;
    create schema identity;
    create table segments.segment_mine (customer_id varchar);
    create table intermediate.int_customers_not_profiled (customer_id varchar, reason varchar);
    create table intermediate.int_customer_totals (
        customer_id varchar, orders_count bigint, net_revenue decimal(18, 2), interactions_30d bigint,
        last_purchase_at timestamp, first_seen_at timestamp
    );
    create table marts.customer_daily_activity (
        customer_id varchar, channel varchar, purchases int, net_revenue decimal(18, 2), interactions bigint,
        activity_day date
    );
    create table marts.customer_consents (customer_id varchar, purpose varchar, reason varchar, answered_at timestamp);
    create table intermediate.int_interactions (source_profile_id varchar, kind varchar, interaction_day date);
    create table intermediate.int_deliveries (customer_id varchar, is_sent boolean, accepted_at timestamp);
    create table identity.customer_map (customer_id varchar, source_profile_id varchar);
    create table seeds.consent_purposes as
        select * from (values ('marketing', true), ('profiling', false)) as purposes (purpose, is_for_messages);
    create table seeds.backtest_bands as select 'purchases' as measure, 0.0 as lower;
    insert into intermediate.int_customer_totals
        select 'c' || n, 2, 50, 3, timestamp '2026-03-01 09:00', timestamp '2026-01-30 23:00' from range(1, 7) as r (n)
        union all select 'later', 0, 0, 0, null, null;
"""


@pytest.fixture
def kept(tmp_path):
    """The place of a back-test with a warehouse in which `c1` … `c6` are known and `later` is not yet."""
    settings = load_settings(home=tmp_path)
    with temporary_place(settings, DAY) as place:
        place.warehouse_path.parent.mkdir(parents=True)
        found = CustomerDays(place)
        fill(found, WAREHOUSE)
        found.begin()
        yield found


def fill(kept: CustomerDays, *statements: str) -> None:
    with open_duckdb(kept.place, kept.place.warehouse_path) as warehouse:
        for statement in statements:
            warehouse.execute(statement)


def asked(kept: CustomerDays, question: str):
    with kept.opened() as connection:
        return connection.execute(question).fetchall()


def test_a_customer_of_a_day_is_as_old_and_as_long_silent_as_on_that_day(kept):
    fill(kept, "insert into segments.segment_mine values ('c1'), ('c1'), (null)")
    assert kept.keep_day(DAY, "segment_mine") == 1
    question = (
        "select is_member, has_bought, recency_days, purchases, tenure_days from customer_days where customer_id = "
    )
    assert asked(kept, f"{question} 'c1'") == [(True, True, 30, 2, 60)]
    assert asked(kept, f"{question} 'c2'") == [(False, True, 30, 2, 60)]


def test_minors_people_who_refused_and_those_not_seen_yet_are_left_out(kept):
    fill(
        kept,
        "insert into segments.segment_mine values ('c1'), ('c2'), ('later'), ('nobodys')",
        "insert into intermediate.int_customers_not_profiled values ('c1', 'minor'), ('c3', 'opted_out')",
    )
    kept.keep_day(DAY, "segment_mine")
    fill(
        kept,
        "delete from intermediate.int_customers_not_profiled",
        "insert into intermediate.int_customers_not_profiled values ('c2', 'opted_out')",
    )
    kept.keep_afterwards([DAY], 30, TODAY)
    left_out = asked(kept, "select customer_id, left_out_reason from customer_days where left_out_reason is not null")
    assert dict(left_out) == {
        "c1": "minor",
        "c2": "opted_out",
        "c3": "opted_out",
        "later": "not_seen_yet",
        "nobodys": "not_seen_yet",
    }


def test_what_customers_do_is_counted_by_day_and_messages_are_no_act_of_theirs(kept):
    kept.keep_day(DAY, "segment_mine")
    fill(
        kept,
        "insert into marts.customer_daily_activity values"
        " ('c1', 'pos', 1, 30, 0, '2026-04-01'), ('c1', 'app', 0, -10, 2, '2026-04-30'),"
        " ('c1', 'app', 9, 900, 9, '2026-05-01'), ('c2', 'app', 0, 0, 1, '2026-05-31')",
        "insert into marts.customer_consents values ('c3', 'marketing', 'refused', '2026-04-02 08:00'),"
        " ('c4', 'marketing', 'never_asked', null), ('c5', 'profiling', 'refused', '2026-04-02 08:00')",
        "insert into identity.customer_map values ('c4', 'operations:c4')",
        "insert into intermediate.int_interactions values ('operations:c4', 'message_unsubscribed', '2026-04-03')",
        "insert into intermediate.int_deliveries values ('c6', true, '2026-04-04 10:00'), ('c2', false, null)",
    )
    assert kept.keep_afterwards([DAY], 30, TODAY) == TODAY
    columns = "bought_after, purchases_after, net_revenue_after, interactions_after, opted_out_after, got_message_after"
    assert asked(kept, f"select customer_id, {columns} from afterwards order by customer_id") == [
        ("c1", 1, 1, 20, 2, 0, 0),
        ("c2", 0, 0, 0, 0, 0, 0),
        ("c3", 0, 0, 0, 0, 1, 0),
        ("c4", 0, 0, 0, 0, 1, 0),
        ("c5", 0, 0, 0, 0, 0, 0),
        ("c6", 0, 0, 0, 0, 0, 1),
    ]


def test_a_window_beyond_the_newest_act_is_not_known_however_late_it_is(kept):
    kept.keep_day(DAY, "segment_mine")
    fill(kept, "insert into marts.customer_daily_activity values ('c1', 'pos', 1, 30, 0, '2026-04-29')")
    assert kept.keep_afterwards([DAY], 30, TODAY) == date(2026, 4, 29)
    assert asked(kept, "select count(*) from afterwards") == [(0,)]


def test_where_nobody_ever_did_anything_nothing_is_known(kept):
    kept.keep_day(DAY, "segment_mine")
    assert kept.keep_afterwards([DAY], 30, TODAY) is None
    assert asked(kept, "select count(*) from afterwards") == [(0,)]


def test_two_back_tests_keep_out_of_each_others_place(tmp_path):
    settings = load_settings(home=tmp_path)
    with temporary_place(settings, DAY) as one:
        with temporary_place(settings, DAY) as other:
            assert one.folder.is_dir(), "it is under way"
            assert one.folder != other.folder
        assert not other.folder.exists()
        assert one.folder.is_dir()
