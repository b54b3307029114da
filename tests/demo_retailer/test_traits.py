"""What people of the made-up world are like shows in what they do, and no channel says it."""

from datetime import date

import duckdb
import pytest

from demo_retailer import generate
from demo_retailer.people_truth import people_path
from demo_retailer.world import truth_path
from stores.settings import load_settings


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    """The truth about people, their app events and their orders in the shop, each with its person."""
    settings = load_settings(home=tmp_path_factory.mktemp("traits") / "home")
    generate(settings, customers=3000, seed=7, until=date(2026, 6, 30))
    con = duckdb.connect()
    con.execute(f"create table people as from '{people_path(settings)}'")
    con.execute(f"create table ids as from '{truth_path(settings)}'")
    con.execute(f"""
        create table events as select * from '{settings.landing}/app/app_events_*.parquet'
        join ids on channel = 'app' and native_id = app_user_id join people using (person_id)
    """)
    con.execute(f"""
        create table orders as
        select *, strptime(substr(created_at, 1, 19), '%Y-%m-%dT%H:%M:%S') as ordered_at
        from '{settings.landing}/shop/orders_*.parquet'
        join ids on channel = 'shop' and native_id = customer_id join people using (person_id)
    """)
    return con


def share(db, condition, table, among):
    return db.execute(f"select avg(({condition})::int) from {table} where {among}").fetchone()[0]


@pytest.mark.parametrize(
    ("table", "trait", "shows"),
    [
        ("orders", "daypart = 'evening'", "hour(ordered_at) between 18 and 21"),
        ("orders", "daypart = 'morning'", "hour(ordered_at) between 5 and 8"),
        ("orders", "week_part = 'weekend' and not is_festive", "isodow(ordered_at) >= 6"),
        ("orders", "deal = 'deal_seeker'", "coupon_code is not null"),
        ("orders", "is_bulk", "lines[1].quantity >= 4"),
        ("events", "category = '母婴用品' and event_name = 'view'", "events.category = '母婴用品'"),
        ("events", "is_push_friend and event_name in ('open', 'push_open')", "event_name = 'push_open'"),
    ],
)
def test_most_of_what_people_do_goes_with_their_traits(db, table, trait, shows):
    if table == "events":
        db.execute("create or replace view e as select * exclude (category_1), category_1 as likes from events")
        trait, shows, table = trait.replace("category", "likes"), shows.replace("events.", ""), "e"
    with_trait, without = share(db, shows, table, trait), share(db, shows, table, f"not ({trait})")
    assert with_trait > 0.5
    assert with_trait > 1.5 * without


def test_nobody_without_coupons_uses_one_and_steady_buyers_come_at_even_intervals(db):
    assert share(db, "coupon_code is not null", "orders", "deal = 'full_price'") == 0
    even = """
        with gaps as (
            select person_id, is_steady, epoch(ordered_at - lag(ordered_at) over (
                partition by person_id order by ordered_at)) as gap
            from orders where not in_pos
        ), people as (
            select person_id, is_steady, stddev(gap) / avg(gap) as spread
            from gaps group by all having count(gap) >= 5
        )
        select median(spread) from people where is_steady = {}
    """
    assert db.execute(even.format("true")).fetchone()[0] < 0.5 * db.execute(even.format("false")).fetchone()[0]


def test_the_truth_about_people_has_each_of_them_once(db):
    assert db.execute("select count(*), count(distinct person_id) from people").fetchone() == (3000, 3000)
