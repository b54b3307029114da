"""Lunar months and festivals of the seeds are those that calendar libraries compute."""

import csv
from datetime import date

import holidays
import pytest
from borax.calendars.lunardate import LCalendars, LunarDate

from stores.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds" / "calendar"


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def days_of(country: str, festival: str) -> list[date]:
    found = [one for one in rows("festivals") if (one["country"], one["festival"]) == (country, festival)]
    return [date.fromisoformat(one["day"]) for one in found]


def test_lunar_months_follow_one_another_as_borax_counts_them() -> None:
    found = rows("lunar_months")
    expected = [
        (str(LunarDate(year, month, 1, is_leap).to_solar_date()), year, month, bool(is_leap), days)
        for year in range(1905, 2061)
        for month, days, is_leap in LCalendars.iter_year_month(year)
    ]
    assert expected == [
        (one["first_day"], int(one["lunar_year"]), int(one["lunar_month"]), one["is_leap"] == "true", int(one["days"]))
        for one in found
    ]


@pytest.mark.parametrize(
    ("festival", "month", "day"),
    [
        ("spring_festival", 1, 1),
        ("lantern_festival", 1, 15),
        ("dragon_boat", 5, 5),
        ("qixi", 7, 7),
        ("mid_autumn", 8, 15),
    ],
)
def test_lunar_festivals_are_those_of_borax(festival: str, month: int, day: int) -> None:
    # of two months of that number the first, which is no leap month
    assert days_of("CN", festival) == [LunarDate(year, month, day).to_solar_date() for year in range(2024, 2036)]


@pytest.mark.parametrize(
    ("country", "festival", "name"),
    [
        ("CN", "spring_festival", "Chinese New Year"),
        ("CN", "national_day", "National Day"),
        ("CN", "mid_autumn", "Mid-Autumn Festival"),
        ("CN", "dragon_boat", "Dragon Boat Festival"),
        ("US", "thanksgiving", "Thanksgiving"),
        ("US", "independence_day", "Independence Day"),
        ("US", "christmas", "Christmas Day"),
        ("FR", "christmas", "Christmas"),
        ("IT", "easter", "Easter Sunday"),
    ],
)
def test_public_holidays_are_those_of_the_country(country: str, festival: str, name: str) -> None:
    calendar = holidays.country_holidays(country, years=range(2024, 2036), language="en_US", observed=False)
    found = days_of(country, festival)
    assert len(found) == 12
    assert [one for one in found if name.lower() not in calendar.get(one, "").lower()] == []


def test_black_friday_follows_thanksgiving_in_every_country_that_has_it() -> None:
    after = [one.toordinal() + 1 for one in days_of("US", "thanksgiving")]
    for country in ("US", "DE", "FR", "IT", "ES", "NL"):
        assert [one.toordinal() for one in days_of(country, "black_friday")] == after
