"""Further days of the made-up retailer: seeded, delivered once, of the same people and a few new ones."""

import shutil
import sqlite3
from contextlib import closing
from datetime import date

import duckdb
import pytest

from demo_retailer import further_days, generate, live_one_day, next_day
from demo_retailer.servers.shop_api import ShopApi
from demo_retailer.world import truth_path
from stores.errors import UserError
from stores.settings import load_settings
from tests.demo_retailer.test_world import digests

UNTIL = date(2026, 6, 29)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("days") / "home")
    generate(settings, customers=2000, seed=7, until=UNTIL, events_per_customer=10)
    return settings


@pytest.fixture
def settings(world, tmp_path):
    shutil.copytree(world.home, tmp_path / "home")
    return load_settings(home=tmp_path / "home")


def rows(settings, query):
    with closing(sqlite3.connect(settings.landing / "pos" / "pos.db")) as connection:
        return connection.execute(query).fetchall()


def test_a_day_comes_from_some_known_people_and_a_few_new_ones_in_every_channel(settings):
    before = {path: path.stat().st_mtime_ns for path in settings.landing.rglob("*")}
    sales = rows(settings, "select count(*) from sales")[0][0]
    made = live_one_day(settings)
    assert (made.day, made.active, made.new) == ("2026-06-30", 22, 4)
    fresh = {path for path in settings.landing.rglob("*") if path.is_file() and path not in before}
    brought = {path.parent.name for path in fresh} | {"pos", "loyalty"}
    assert brought >= {"app", "pos", "loyalty", "service", "shop", "surveys", "web"}
    changed = {path.name for path, stamp in before.items() if path.is_file() and path.stat().st_mtime_ns != stamp}
    assert changed == {"pos.db", "loyalty.db"}
    assert sales < rows(settings, "select count(*) from sales")[0][0] < sales + 100
    people = duckdb.sql(f"select count(distinct person_id) filter (person_id >= 2000) from '{truth_path(settings)}'")
    assert people.fetchone() == (4,)


def test_the_same_days_of_the_same_world_are_the_same_bytes(world, tmp_path):
    homes = []
    for number in range(2):
        shutil.copytree(world.home, tmp_path / str(number))
        settings = load_settings(home=tmp_path / str(number))
        made = [live_one_day(settings) for _ in range(3)]
        assert [one.day for one in made] == ["2026-06-30", "2026-07-01", "2026-07-02"]
        homes.append(digests(settings))
    assert homes[0] == homes[1]


def test_an_older_order_moves_on_and_the_shop_hands_out_its_new_state(settings):
    made = live_one_day(settings)
    assert made.corrected >= 1
    moved = duckdb.sql(
        f"select order_id, status, updated_at from '{settings.landing}/shop/orders_moved_*.parquet'"
    ).fetchall()
    assert len(moved) == made.corrected
    assert all(f"{updated:%F %T}" == "2026-06-30 08:00:00" for _, _, updated in moved)
    with closing(ShopApi(settings.landing / "shop")) as shop:
        page = shop.page("orders", "2026-06-30T00:00:00+08:00", 1, 500)
    assert all(order in page for order, _, _ in moved)


def test_nothing_of_a_day_was_delivered_before(settings):
    made = [live_one_day(settings) for _ in range(3)]
    landing = settings.landing
    for table, key in (("shop/orders_[01]*", "order_id"), ("app/app_events_2*", "event_id")):
        total, distinct = duckdb.sql(
            f"select count(*), count(distinct {key}) from read_parquet('{landing}/{table}.parquet')"
        ).fetchone()
        assert total - distinct <= total * 0.01, table
    assert rows(settings, "select count(*) - count(distinct sale_id || '/' || line_no) from sale_lines") == [(0,)]
    late = duckdb.sql(
        f"select count(*) from read_parquet('{landing}/app/app_events_*_100?.parquet') where occurred_at < '2026-06-29'"
    ).fetchone()[0]
    assert late < sum(one.active for one in made)


def test_a_day_that_died_is_made_good_by_the_next_call(settings, world, tmp_path, monkeypatch):
    shutil.copytree(world.home, tmp_path / "undisturbed")
    undisturbed = load_settings(home=tmp_path / "undisturbed")

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(further_days, "_add_truth", die)
        with pytest.raises(KeyboardInterrupt):
            live_one_day(settings)
    assert next_day(settings) == date(2026, 6, 30)
    live_one_day(settings)
    live_one_day(undisturbed)
    assert digests(settings) == digests(undisturbed)


def test_a_day_needs_a_world(tmp_path):
    with pytest.raises(UserError, match="There is no demo retailer"):
        live_one_day(load_settings(home=tmp_path))
