"""The business day of a home: it follows today, or is fixed on one day; earlier days are built in a place of their own.

The first publication decides: built for today, the home follows today; built for a past day, it is fixed on that day
until `guanxi day` says otherwise. A day before the current publication never replaces it, because customer ids and
messages already went out under the later one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from stores.atomic_files import write_json
from stores.errors import UserError
from stores.publication import Publication
from stores.settings import Settings
from stores.warehouse import current_publication


@dataclass(frozen=True)
class ChosenDay:
    """The day that a run builds for.

    Attributes:
        day: the day whose end the marts describe.
        is_apart: it lies before the current publication and is built in a place of its own.
    """

    day: date
    is_apart: bool


def parse_day(text: str, settings: Settings, named: str = "") -> date:
    """A day as people write it.

    Args:
        text: what they wrote.
        settings: the installation.
        named: where they wrote it, such as `--as-of`; empty for an argument without a name.

    Raises:
        UserError: not YYYY-MM-DD, or a day that has not come yet.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as bad:
        raise UserError(
            f"{named} {text!r} is not a date. Write it as YYYY-MM-DD, for example 2026-06-30.".strip()
        ) from bad
    if day > settings.today():
        raise UserError(
            f"{named} {day} has not come yet (today is {settings.today()}). Choose today or a past day.".strip()
        )
    return day


def fixed_day(settings: Settings) -> date | None:
    """The day that the home is fixed on; None where it follows today.

    Raises:
        UserError: the file that says so is damaged.
    """
    return _fixed_day(settings, current_publication(settings))


def home_day(settings: Settings) -> date:
    """The day that the home is at: the fixed one, or today."""
    return fixed_day(settings) or settings.today()


def choose_day(settings: Settings, asked: str = "", named: str = "as_of") -> ChosenDay:
    """The day that a run builds for, and whether it replaces the current publication.

    Args:
        settings: the installation.
        asked: YYYY-MM-DD; empty for the home's own day.
        named: where the day was asked for.

    Raises:
        UserError: no such day, a day later than the one that the home is fixed on, or a clock that runs behind the
            current publication.
    """
    publication = current_publication(settings)
    fixed = _fixed_day(settings, publication)
    if asked:
        day = parse_day(asked, settings, named)
        if publication and day < publication.as_of:
            return ChosenDay(day, is_apart=True)
        if fixed and day > fixed:
            raise UserError(
                f"This home is fixed on {fixed}, and {day} is later. "
                f"Move it with `guanxi day {day}`, then run `guanxi run`."
            )
        return ChosenDay(day, is_apart=False)
    day = fixed or settings.today()
    if publication and day < publication.as_of:
        raise UserError(
            f"The clock says {day}, but the current publication describes {publication.as_of}. Nothing is read, "
            "built or sent until the clock is right. To look at that day as a past one, run "
            f"`guanxi run --as-of {day}`."
        )
    return ChosenDay(day, is_apart=False)


def note_publication(settings: Settings, as_of: date) -> None:
    """Keep what the first publication decided; later ones change nothing.

    Args:
        settings: the installation.
        as_of: the day of the publication that was just made.
    """
    if not _path(settings).exists():
        _keep(settings, as_of if as_of < settings.today() else None)


def move_to(settings: Settings, day: date | None) -> None:
    """Fix the home on a day, or let it follow today with None; the next run builds for it.

    Raises:
        UserError: the day lies before the current publication.
    """
    publication = current_publication(settings)
    if publication and day and day < publication.as_of:
        raise UserError(
            f"The current publication describes {publication.as_of}; a home does not go back to {day}. "
            f"Look at that day with `guanxi run --as-of {day}`."
        )
    _keep(settings, day)


def _fixed_day(settings: Settings, publication: Publication | None) -> date | None:
    path = _path(settings)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["fixed_on"]
        return date.fromisoformat(kept) if kept is not None else None
    except FileNotFoundError:
        # Written by a release without the file, or by a run that died right after its first publication.
        is_past = publication is not None and publication.as_of < publication.published_at.date()
        return publication.as_of if publication and is_past else None
    except (ValueError, KeyError, TypeError) as bad:
        raise UserError(
            f"{path} is damaged, so there is no telling which day this home is at. "
            "Write it again with `guanxi day today`, or `guanxi day YYYY-MM-DD` for a home fixed on a day."
        ) from bad


def _keep(settings: Settings, day: date | None) -> None:
    write_json(_path(settings), {"fixed_on": day.isoformat() if day else None})


def _path(settings: Settings) -> Path:
    return settings.home / "business_day.json"
