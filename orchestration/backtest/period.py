"""The days of a back-test, and whether there is anything to be known about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from serving.published_copy import NoPublication, current_copy
from stores.errors import UserError
from stores.publication_files.pointer import current_publication
from stores.settings import Settings


@dataclass(frozen=True)
class Period:
    """The days of a back-test.

    Attributes:
        days: in order.
        after_days: how many days after each of them are looked at.
        today: the day of the current publication, until which everything is known.
    """

    days: list[date]
    after_days: int
    today: date


def chosen_period(settings: Settings, first: date, last: date, every: int, after_days: int) -> Period:
    """The days from one to another in steps.

    Args:
        settings: the installation.
        first: the first day.
        last: the last day that may be one of them.
        every: days from one to the next.
        after_days: how many days after each of them are looked at.

    Raises:
        UserError: the days are in the wrong order, lie before everything that is known, or have not come yet.
        NoPublication: nothing is published, so that nothing says which days are known.
    """
    publication = current_publication(settings)
    if publication is None:
        raise NoPublication(settings)
    if first > last:
        raise UserError(f"--from {first} lies after --to {last}.")
    if last > publication.as_of:
        raise UserError(
            f"--to {last} has not come yet here: the current publication describes {publication.as_of}. Choose that "
            "day or an earlier one."
        )
    with current_copy(settings) as published:
        earliest = published.values("select cast(min(first_seen_at) as date) from marts.customers")[0][0]
    if earliest is None:
        raise UserError("The publication has no customer of whom anything is known. Read channels with `guanxi run`.")
    if first < earliest:
        raise UserError(f"--from {first} lies before everything that is known: the first customer came on {earliest}.")
    days = [first + timedelta(days=step) for step in range(0, (last - first).days + 1, every)]
    return Period(days, after_days, publication.as_of)
