"""Which day a run builds for, and when it must not replace what is published."""

from datetime import date

import pytest

from orchestration.defs.resources import day_in_place
from orchestration.runs.business_day import choose_day, fixed_day, home_day, move_to, note_publication
from stores.errors import UserError
from tests.testing.published_rows import point_at_day as publish

TODAY = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setenv("GUANXI_NOW", f"{TODAY}T10:00:00")


def test_an_empty_home_builds_for_today_or_for_any_past_day_that_is_asked_for(settings):
    assert choose_day(settings).day == TODAY
    chosen = choose_day(settings, "2011-12-10")
    assert (chosen.day, chosen.is_apart) == (date(2011, 12, 10), False)


def test_a_home_whose_first_publication_is_of_a_past_day_stays_on_that_day(settings):
    publish(settings, "2011-12-10")
    note_publication(settings, date(2011, 12, 10))
    assert fixed_day(settings) == home_day(settings) == choose_day(settings).day == date(2011, 12, 10)


def test_a_home_whose_first_publication_is_of_today_follows_today_after_a_build_of_yesterday_too(settings, monkeypatch):
    publish(settings, "2026-06-30")
    note_publication(settings, TODAY)
    monkeypatch.setenv("GUANXI_NOW", "2026-07-05T10:00:00")
    assert choose_day(settings).day == date(2026, 7, 5)
    assert not choose_day(settings, "2026-07-04").is_apart
    note_publication(settings, date(2026, 7, 4))
    assert fixed_day(settings) is None


@pytest.mark.parametrize(
    ("as_of", "published_at", "fixed"),
    [
        ("2026-06-30", "2026-06-30T10:00:00+08:00", None),
        ("2011-12-10", "2026-06-30T10:00:00+08:00", date(2011, 12, 10)),
    ],
)
def test_a_home_of_an_earlier_release_says_by_its_publication_which_day_it_is_at(settings, as_of, published_at, fixed):
    publish(settings, as_of, published_at)
    assert fixed_day(settings) == fixed


def test_a_day_before_the_current_publication_is_built_apart_and_never_in_its_place(settings):
    publish(settings, "2026-06-30")
    assert choose_day(settings, "2026-05-31").is_apart
    with pytest.raises(UserError, match="as_of_build"):
        day_in_place(settings, "2026-05-31")


def test_a_clock_that_is_behind_the_publication_builds_and_sends_nothing(settings, monkeypatch):
    publish(settings, "2026-06-30")
    monkeypatch.setenv("GUANXI_NOW", "2026-06-29T10:00:00")
    with pytest.raises(UserError, match=r"clock says 2026-06-29.*guanxi run --as-of 2026-06-29"):
        choose_day(settings)


def test_a_fixed_home_moves_on_only_when_told_to(settings):
    publish(settings, "2011-12-10")
    with pytest.raises(UserError, match="guanxi day 2011-12-31"):
        choose_day(settings, "2011-12-31")
    move_to(settings, date(2011, 12, 31))
    assert choose_day(settings).day == date(2011, 12, 31)
    with pytest.raises(UserError, match="does not go back"):
        move_to(settings, date(2011, 12, 1))
    move_to(settings, None)
    assert choose_day(settings).day == TODAY


@pytest.mark.parametrize("text", ["{", "{}", '{"fixed_on": "soon"}', "[]"])
def test_a_damaged_record_of_the_day_names_the_command_that_writes_it_again(settings, text):
    publish(settings, "2026-06-30")
    (settings.home / "business_day.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="guanxi day today"):
        choose_day(settings)
    move_to(settings, None)
    assert choose_day(settings).day == TODAY


@pytest.mark.parametrize(("asked", "said"), [("tomorrow", "not a date"), ("2999-01-01", "not come yet")])
def test_what_is_no_day_is_refused(settings, asked, said):
    with pytest.raises(UserError, match=said):
        choose_day(settings, asked)


def test_nothing_runs_while_a_past_day_is_being_looked_at(settings):
    with pytest.raises(UserError, match="GUANXI_PAST_DAY"):
        day_in_place(settings.model_copy(update={"past_day": date(2026, 5, 31)}), "")
