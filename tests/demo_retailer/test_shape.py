"""The made-up retailer: shaped like life, and dirty where real data is dirty."""

import sqlite3
from collections import Counter
from datetime import date

import duckdb
import pandas as pd
import phonenumbers
import pytest

from demo_retailer import generate
from demo_retailer.clear_values import clear_values
from ingestion.channels import discover
from stores.settings import load_settings

UNTIL = date(2026, 6, 30)


@pytest.fixture(scope="module")
def retailer(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("retailer") / "home")
    generate(settings, customers=3000, seed=7, until=UNTIL)
    return settings


@pytest.fixture(scope="module")
def db(retailer):
    """All channels as tables: <channel>_<table>, and the truth."""
    landing = retailer.landing
    con = duckdb.connect()
    for name, pattern in {
        "shop_customers": "shop/customers_*.parquet",
        "shop_orders": "shop/orders_*.parquet",
        "app_users": "app/app_users_*.parquet",
        "app_events": "app/app_events_*.parquet",
    }.items():
        con.execute(f"create table {name} as from read_parquet('{landing / pattern}', filename = true)")
    con.execute(f"create table truth as from read_parquet('{retailer.home / 'demo' / 'truth.parquet'}')")
    con.execute(f"create table web_events as from read_json('{landing / 'web/*.jsonl'}', ignore_errors = true)")
    columns = dict.fromkeys(discover()["service"].tables[0].columns, "varchar")
    tickets = landing / "service" / "*.jsonl"
    con.execute(
        f"create table service_tickets as from read_json('{tickets}', columns = {columns}, ignore_errors = true)"
    )
    for channel, tables in {"pos": ("customers", "sales", "sale_lines"), "loyalty": ("members", "points")}.items():
        source = sqlite3.connect(landing / channel / f"{channel}.db")
        for table in tables:
            rows = pd.read_sql(f"select * from {table}", source, dtype=str)
            con.register("rows", rows)
            con.execute(f"create table {channel}_{table} as from rows")
        source.close()
    con.execute(
        """
        create table buys as
        select truth.person_id, strptime(substr(created_at, 1, 19), '%Y-%m-%dT%H:%M:%S') as bought_at, total_amount
        from shop_orders join truth on truth.channel = 'shop' and truth.native_id = customer_id
        where status in ('paid', 'shipped', 'completed')
        union all
        select truth.person_id, cast(sold_at as timestamp), cast(total_amount as decimal(18, 2))
        from pos_sales join truth on truth.channel = 'pos' and truth.native_id = pos_customer_id
        where refund_of is null
        """
    )
    return con


def value(con, query):
    return con.execute(query).fetchone()[0]


def test_some_customers_are_old_enough_to_keep_the_lunar_birthday(retailer):
    older, everybody = duckdb.sql(
        "select count(*) filter (where birthday < '1965-01-01'), count(*)"
        f" from read_parquet('{retailer.home / 'demo' / 'people.parquet'}')"
    ).fetchone()
    assert 0.15 < older / everybody < 0.3


def test_files_and_columns_are_those_of_the_channel_contracts(retailer, db):
    held = {
        "shop": {"customers": "shop_customers", "orders": "shop_orders"},
        "pos": {"customers": "pos_customers", "sales": "pos_sales", "sale_lines": "pos_sale_lines"},
        "loyalty": {"members": "loyalty_members", "points": "loyalty_points"},
        "app": {"users": "app_users", "events": "app_events"},
        "web": {"events": "web_events"},
        "service": {"tickets": "service_tickets"},
    }
    channels = discover()
    for channel, tables in held.items():
        for table in channels[channel].tables:
            if table.name in tables:
                columns = {row[0] for row in db.execute(f"describe {tables[table.name]}").fetchall()}
                assert set(table.columns) <= columns, f"{channel}.{table.name}"


def test_the_truth_names_every_profile_once(db):
    assert value(db, "select count(*) = count(distinct (channel, native_id)) from truth")
    for channel, table, key in (
        ("shop", "shop_customers", "customer_id"),
        ("pos", "pos_customers", "pos_customer_id"),
        ("app", "app_users", "app_user_id"),
        ("loyalty", "loyalty_members", "member_no"),
        ("service", "service_tickets", "ticket_id"),
        ("web", "web_events", "cookie_id"),
    ):
        missing = f"""
            select count(*) from {table}
            where {key} not in (select native_id from truth where channel = '{channel}')
            and not regexp_matches({key}, 'broken|K000000000[12]')
        """
        assert value(db, missing) == 0, channel


def test_most_people_are_in_several_channels(db):
    channels = "select count(distinct channel) as channels from truth group by person_id"
    assert value(db, f"select avg((channels > 1)::int) from ({channels})") > 0.7


def test_most_buyers_buy_one_to_five_times_and_a_few_bring_most_revenue(db):
    share = value(db, "select avg((n <= 5)::int) from (select count(*) as n from buys group by person_id)")
    assert 0.5 < share < 0.75
    top = """
        with spent as (select sum(total_amount) as spent from buys group by person_id),
        ranked as (select spent, percent_rank() over (order by spent desc) as place from spent)
        select sum(spent) filter (place <= 0.2) / sum(spent) from ranked
    """
    assert 0.55 < value(db, top) < 0.9


def test_about_a_fifth_of_the_buyers_has_lapsed(db):
    lapsed = """
        with seen as (
            select person_id, bought_at as seen_at from buys
            union all
            select person_id, occurred_at from app_events join truth on native_id = app_user_id and channel = 'app'
            union all
            select person_id, try_cast(occurred_at as timestamp)
            from web_events join truth on native_id = cookie_id and channel = 'web'
        ),
        last as (select max(seen_at) as seen_at from seen semi join buys using (person_id) group by person_id)
        select avg((seen_at < timestamp '2026-07-01' - interval 90 day)::int) from last
    """
    assert 0.15 < value(db, lapsed) < 0.27


def test_trade_has_its_festivals_and_week_ends(db):
    busiest = value(db, "select cast(bought_at as date) as day from buys group by day order by count(*) desc limit 1")
    assert busiest == date(2025, 11, 11)
    weekend = value(db, "select avg((isodow(bought_at) >= 6)::int) from buys")
    assert weekend > 0.31
    per_day = "select count(*) / count(distinct cast(bought_at as date)) from buys where bought_at between "
    festival = value(db, per_day + "timestamp '2026-02-16' and timestamp '2026-02-23'")
    assert festival < 0.6 * value(db, per_day + "timestamp '2026-01-24' and timestamp '2026-02-12'")


def test_nothing_happens_after_the_last_day(db):
    for table, column in (
        ("shop_orders", "updated_at"),
        ("shop_customers", "updated_at"),
        ("app_events", "occurred_at"),
        ("pos_sales", "cast(updated_at as timestamp)"),
        ("loyalty_points", "cast(updated_at as timestamp)"),
    ):
        last = value(db, f"select max({column}) from {table}")
        assert date(2026, 6, 25) <= last.date() <= UNTIL, table


def test_one_week_is_full_of_complaints_about_one_topic(db):
    weeks = db.execute(
        """
        select topic, date_trunc('week', try_cast(substr(created_at, 1, 10) as date)) as week, count(distinct ticket_id)
        from service_tickets where ticket_type = 'complaint' group by all order by 3 desc limit 2
        """
    ).fetchall()
    assert weeks[0][0] == "异响发热"
    assert weeks[0][2] > 5 * weeks[1][2]


def test_a_ticket_comes_again_when_it_was_answered(db):
    again = value(db, "select count(*) from (from service_tickets select ticket_id group by all having count(*) > 1)")
    assert again > 100
    out_of_order = """
        select count(*) from service_tickets
        where first_response_at < created_at or resolved_at < first_response_at
    """
    assert value(db, out_of_order) == 0


def test_amounts_add_up(db):
    for head, lines, key in (("pos_sales", "pos_sale_lines", "sale_id"),):
        wrong = f"""
            select count(*) from {head} as head
            join (select {key}, sum(cast(amount as decimal(18, 2))) as amount from {lines} group by all) using ({key})
            where cast(head.total_amount as decimal(18, 2)) <> amount
        """
        assert value(db, wrong) == 0
    assert value(db, "select count(*) from shop_orders where total_amount <> list_sum([l.amount for l in lines])") == 0
    assert value(db, "select count(*) from shop_orders where refund_amount > total_amount") == 0
    negative = "select bool_and(cast(total_amount as double) < 0) from pos_sales where refund_of is not null"
    assert value(db, negative)
    assert value(db, "select count(*) from pos_sales where refund_of is not null") > 100


def test_phones_are_written_in_many_ways_and_mean_one_number(db):
    written = [
        phone for (phone,) in db.execute("select mobile from shop_customers where mobile is not null").fetchall()
    ]
    shapes = Counter("".join("9" if "0" <= c <= "9" else "０" if "０" <= c <= "９" else c for c in p) for p in written)
    assert len(shapes) >= 9
    valid = 0
    for phone in written:
        try:
            valid += phonenumbers.is_valid_number(phonenumbers.parse(phone, "CN"))
        except phonenumbers.NumberParseException:
            continue
    assert 0.95 < valid / len(written) < 1


def test_nobody_can_be_written_to(db):
    emails = db.execute("select email from shop_customers where email is not null").fetchall()
    assert len(emails) > 500
    assert all(email.strip().lower().endswith(("example.com", "example.net", "example.org")) for (email,) in emails)


def test_households_share_a_phone_and_shops_type_their_own(db):
    narrow = "translate({}, '０１２３４５６７８９', '0123456789')"
    digits = f"right(regexp_replace({narrow}, '[^0-9]', '', 'g'), 11)"
    shared = f"""
        select {digits.format("mobile")} as phone from shop_customers
        join truth on channel = 'shop' and native_id = customer_id
        where length(regexp_replace(mobile, '[^0-9]', '', 'g')) >= 11
        group by 1 having count(distinct person_id) = 2
    """
    assert value(db, f"select count(*) from ({shared})") >= 10
    desk = f"""
        select count(distinct person_id) as people from pos_customers
        join truth on channel = 'pos' and native_id = pos_customer_id
        where phone is not null and phone <> '' group by {digits.format("phone")} order by people desc
    """
    crowds = [row[0] for row in db.execute(desk).fetchall()]
    assert crowds[0] >= 24
    assert crowds[1] >= 24
    assert crowds[2] <= 3


def test_people_register_again_and_some_accounts_are_tests(db):
    twice = "select count(*) from (from truth select person_id where channel = 'shop' group by all having count(*) = 2)"
    assert 40 < value(db, twice) < 200
    assert value(db, "select count(*) from shop_customers where is_test or name like '测试%'") >= 2
    assert value(db, "select count(*) from shop_customers where not is_test and name like '测试%'") >= 1


def test_names_come_with_titles_in_pinyin_and_swapped(db):
    count = value(db, "select count(*) from shop_customers")
    for pattern in ("(先生|女士)$", "^[A-Z][a-z]+ [A-Z][a-z]+$", "^[A-Z]+ [A-Z]+$"):
        share = value(db, f"select count(*) from shop_customers where regexp_matches(name, '{pattern}')") / count
        assert 0.01 < share < 0.2, pattern


def test_events_come_twice_and_late(db):
    assert value(db, "select count(*) - count(distinct event_id) from app_events") > 50
    late = "select count(*) from app_events where filename like '%late%' and occurred_at < timestamp '2026-01-01'"
    assert value(db, late) > 50
    delay = "cast(updated_at as timestamp) - cast(sold_at as timestamp)"
    assert value(db, f"select count(*) from pos_sales where {delay} > interval 20 hour") > 50


def test_opt_ins_are_given_by_the_usual_share(db):
    assert 0.65 < value(db, "select avg(sms_opt_in::int) from shop_customers") < 0.75
    assert 0.55 < value(db, "select avg(push_opt_in::int) from app_users") < 0.65


def test_identity_numbers_have_a_right_check_digit(db):
    numbers = [
        row[0] for row in db.execute("select id_number from loyalty_members where id_number is not null").fetchall()
    ]
    assert len(numbers) > 50
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for number in numbers:
        remainder = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
        assert number[17] == "10X98765432"[remainder]


def test_clear_values_hold_raw_and_normalised_spellings(retailer, db):
    values = clear_values(retailer)
    phone = value(db, "select mobile from shop_customers where mobile like '+86 %' limit 1")
    assert {phone, phone.replace("+86 ", "").replace("-", ""), phone.replace(" ", "").replace("-", "")} <= values
    email = value(db, "select email from shop_customers where email = upper(email) limit 1")
    assert {email, email.lower()} <= values
    assert all(len(text) >= 3 for text in values)
