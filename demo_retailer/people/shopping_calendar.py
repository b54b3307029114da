"""When things happen at this retailer: festivals, week-ends, opening hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from demo_retailer.seeded_draws import Floats, Ints

DAY_SECONDS = 86_400
HISTORY_DAYS = 1_096
_BAD_WEEK_DAYS_AGO = 24
_LAST_DAY_IS_SHORTER = 3.5
_SALES_TRADE = 1.65

_SPRING_FESTIVAL = {
    2019: (2, 5),
    2020: (1, 25),
    2021: (2, 12),
    2022: (2, 1),
    2023: (1, 22),
    2024: (2, 10),
    2025: (1, 29),
    2026: (2, 17),
    2027: (2, 6),
    2028: (1, 26),
    2029: (2, 13),
    2030: (2, 3),
    2031: (1, 23),
    2032: (2, 11),
    2033: (1, 31),
    2034: (2, 19),
    2035: (2, 8),
}
# Share of the day's trade per hour, 0 to 23: a lunch peak and a long evening.
_HOURS = np.array([2, 1, 0.5, 0.3, 0.3, 0.6, 1.5, 3, 4, 5, 6, 6.5, 7, 6, 5, 5, 5, 5.5, 6, 8, 9, 8.5, 6, 3.5])
_OPENING_HOURS = np.where((np.arange(24) >= 10) & (np.arange(24) < 21), _HOURS, 0.0)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def trade_of(day: date) -> float:
    """How busy a day is against an ordinary weekday (1.0)."""
    trade = {4: 1.1, 5: 1.45, 6: 1.4}.get(day.weekday(), 1.0)
    if (day.month, day.day) == (11, 11):
        trade *= 7.0
    elif (day.month, day.day) in {(6, 18), (12, 12)}:
        trade *= 3.5
    elif day.month == 11 and 1 <= day.day <= 12:
        trade *= 2.2
    if day.year in _SPRING_FESTIVAL:
        away = (day - date(day.year, *_SPRING_FESTIVAL[day.year])).days
        if -24 <= away < -4:
            trade *= 1.7  # shopping for the festival
        elif -2 <= away <= 6:
            trade *= 0.35  # everybody is at home
    return trade


@dataclass(frozen=True)
class Calendar:
    """The days of the demo's history, `first` to `last` inclusive, as days since 1970."""

    first: int
    last: int
    cumulative: Floats

    @property
    def is_one_day(self) -> bool:
        """Whether this is no history but a single further day."""
        return self.first == self.last

    @property
    def now(self) -> int:
        """Seconds since 1970 up to which the world is lived: the early morning of its last day."""
        return self.last * DAY_SECONDS + int(DAY_SECONDS / _LAST_DAY_IS_SHORTER)

    def clock_at(self, when: Floats) -> Floats:
        """Turn days since 1970 into trade time, which runs fast on busy days."""
        return np.interp(when - self.first, np.arange(len(self.cumulative)), self.cumulative)

    def between(self, rng: np.random.Generator, start: Floats, end: Floats, lean: float = 1.0) -> Floats:
        """Draw one moment per row between two moments, busy days more often.

        Args:
            rng: source of randomness.
            start: earliest moments, fractional days since 1970.
            end: latest moments, fractional days since 1970.
            lean: below 1 leans towards the end, above 1 towards the start.
        """
        low, high = self.clock_at(start), self.clock_at(end)
        drawn = low + rng.random(len(low)) ** lean * np.maximum(high - low, 0.0)
        return self.first + np.interp(drawn, self.cumulative, np.arange(len(self.cumulative)))


def history_until(until: date) -> Calendar:
    """The three years that end with the day `until`."""
    first = until - timedelta(days=HISTORY_DAYS - 1)
    trade = [trade_of(first + timedelta(days=offset)) for offset in range(HISTORY_DAYS)]
    return Calendar(day_number(first), day_number(until), np.concatenate([[0.0], np.cumsum(trade)]))


def one_day(day: date) -> Calendar:
    """A single day; what lies before it counts as its start."""
    return Calendar(day_number(day), day_number(day), np.array([0.0, 1.0]))


def festival_days(calendar: Calendar) -> Ints:
    """The days of the world on which trade is at least 1.7 times an ordinary day's of its weekday: the great sales."""
    first = date(1970, 1, 1) + timedelta(days=calendar.first)
    days = [first + timedelta(days=offset) for offset in range(calendar.last - calendar.first + 1)]
    weekend = {4: 1.1, 5: 1.45, 6: 1.4}
    return np.array([day_number(day) for day in days if trade_of(day) / weekend.get(day.weekday(), 1.0) > _SALES_TRADE])


def bad_week(calendar: Calendar) -> int:
    """First day, a Monday, of the week in which a bad batch of goods was complained about."""
    day = calendar.last - _BAD_WEEK_DAYS_AGO
    return day - (day + 3) % 7  # day 0 was a Thursday


def at_some_hour(rng: np.random.Generator, when: Floats, last: int, opening_hours: bool = False) -> Ints:
    """Give days a time of day.

    Args:
        rng: source of randomness.
        when: fractional days since 1970; the fraction is drawn again.
        last: the world's last day; only its early morning is lived, so that no row lies in the future of somebody who
            makes the demo at breakfast, and a shop that has not opened yet sells on the day before.
        opening_hours: only between 10 and 21 o'clock.

    Returns:
        Seconds since 1970 on the business clock.
    """
    shares = _OPENING_HOURS if opening_hours else _HOURS
    cumulative = np.concatenate([[0.0], np.cumsum(shares) / shares.sum()])
    hours = np.interp(rng.random(len(when)), cumulative, np.arange(25.0))
    day = np.minimum(np.floor(when).astype(np.int64), last - 1 if opening_hours else last)
    hours = np.where(day == last, hours / _LAST_DAY_IS_SHORTER, hours)
    return day * DAY_SECONDS + (hours * 3600).astype(np.int64)
