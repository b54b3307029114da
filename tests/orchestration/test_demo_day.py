"""`guanxi demo --day`: the retailer lives the next day, and the home's own day goes with it."""

from datetime import date

import pytest

from demo_retailer import generate
from demo_retailer.further_days import lived_days
from orchestration.cli import demo
from orchestration.runs import business_day
from stores.errors import UserError
from stores.settings import load_settings
from tests.testing.published_rows import point_at_day

TODAY = date(2026, 6, 30)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("GUANXI_NOW", f"{TODAY}T10:00:00")
    settings = load_settings(home=tmp_path / "home")
    generate(settings, customers=200, until=TODAY, events_per_customer=2, orders_per_customer=2)
    return settings


def test_days_follow_one_another_and_a_day_to_come_keeps_the_home_there(settings, monkeypatch):
    fixed_while_it_ran = []

    def only_live(_, live):
        fixed_while_it_ran.append(business_day.fixed_day(settings))
        live()

    monkeypatch.setattr(demo, "play", only_live)
    for expected in (date(2026, 7, 1), date(2026, 7, 2)):
        day = demo.day_to_live(settings)
        assert day == expected
        demo.play_day(settings, day, TODAY)
        assert business_day.fixed_day(settings) == expected
    assert fixed_while_it_ran == [None, None], "a home that is fixed on a day sends nothing"
    assert [one.day for one in lived_days(settings)] == ["2026-07-01", "2026-07-02"]


def test_a_home_whose_next_day_failed_stays_on_the_day_that_is_published(settings, monkeypatch):
    def fail(*_):
        raise UserError("a part failed")

    point_at_day(settings, "2026-07-01")
    business_day.move_to(settings, date(2026, 7, 1))
    monkeypatch.setattr(demo, "play", fail)
    with pytest.raises(UserError, match="a part failed"):
        demo.play_day(settings, demo.day_to_live(settings), TODAY)
    assert business_day.choose_day(settings).day == date(2026, 7, 1)


def test_a_day_that_has_come_leaves_the_home_following_today(settings, monkeypatch):
    monkeypatch.setattr(demo, "play", lambda _, live: live())
    demo.play_day(settings, demo.day_to_live(settings), date(2026, 7, 5))
    assert business_day.fixed_day(settings) is None


def test_without_a_retailer_there_is_no_day(tmp_path):
    with pytest.raises(UserError, match="Make one first"):
        demo.day_to_live(load_settings(home=tmp_path))
