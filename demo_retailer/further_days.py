"""A further day of a demo world: people who come again, new ones, profiles that move, late and corrected rows."""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from demo_retailer import vocabulary
from demo_retailer.channels.shop import moved_orders
from demo_retailer.landing_files import DatabaseDay, Landing, Truth
from demo_retailer.people.population import People, joined_together, make_people
from demo_retailer.people.purchases import Orders, make_orders
from demo_retailer.people.shopping_calendar import Calendar, history_until, one_day
from demo_retailer.people_block import BLOCK_PEOPLE, Block
from demo_retailer.people_truth import people_path, people_table, write_people
from demo_retailer.seeded_draws import Flags, Ints, chance, stream, weighted
from demo_retailer.world import DemoManifest, read_manifest, truth_path, write_block
from stores.atomic_files import replacing, write_json
from stores.duckdb_connection import open_scratch
from stores.errors import UserError
from stores.settings import Settings

_LOG = logging.getLogger(__name__)
_AGAIN_SHARE, _NEW_SHARE = 0.009, 0.002  # of everybody
_MOVING_SHARE, _CORRECTED_SHARE = 0.06, 0.01  # of those who come; older orders for each of them
_EVENTS_EACH = 8
_ORDERS_EACH = np.array([0.4, 0.5, 0.1])  # none, one, two
# Days are numbered behind the blocks of the largest world.
_FIRST_PART, _FIRST_SERIAL, _SERIALS = 1_000, 120 << 24, 1 << 17


@dataclass(frozen=True)
class DemoDay:
    """What a day brought.

    `day` is an ISO date; `active` counts the people who did something, `new` those among them whom no channel knew,
    `moved` those whose record changed.
    """

    day: str
    active: int
    new: int
    moved: int
    orders: int
    corrected: int


def days_path(settings: Settings) -> Path:
    """Where the days are listed that a demo world has lived beyond its history."""
    return settings.home / "demo" / "days.json"


def lived_days(settings: Settings) -> list[DemoDay]:
    """The further days of the demo world so far, in order.

    Raises:
        UserError: the list is damaged.
    """
    path = days_path(settings)
    try:
        return [DemoDay(**one) for one in json.loads(path.read_text(encoding="utf-8"))["days"]]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as bad:
        raise UserError(f"{path} is damaged. Delete the data folder and make the demo again.") from bad


def next_day(settings: Settings, after: date | None = None) -> date:
    """The day after the last one that the demo world has lived.

    Args:
        settings: whose demo world.
        after: the day comes after this one too, such as that of the current publication; days between stay empty.

    Raises:
        UserError: there is no demo world here.
    """
    manifest, lived = _world(settings), lived_days(settings)
    last = date.fromisoformat(lived[-1].day if lived else manifest.until)
    return max(last, after or last) + timedelta(days=1)


def live_one_day(settings: Settings, after: date | None = None) -> DemoDay:
    """Let the demo retailer live its next day, and write what its channels deliver of it.

    Nine people in a thousand come again and two are new, in all channels. Six in a hundred of those who come again
    change their record, so that some customers turn out to be one person. Some visits arrive late, some older orders
    are corrected. The same world and the same number of the day give the same rows; a day that died in the middle is
    made good by the next call.

    Args:
        settings: whose demo world.
        after: the day comes after this one too.

    Raises:
        UserError: there is no demo world here.
    """
    manifest, lived = _world(settings), lived_days(settings)
    day, number = next_day(settings, after), len(lived) + 1
    calendar, part = one_day(day), _FIRST_PART + number
    rng = stream(manifest.seed, "day", number)
    people, is_new = _people(rng, manifest, lived, calendar)
    moves = is_new | chance(rng, _MOVING_SHARE, len(people))
    people = _moved(rng, people, moves & ~is_new)
    landing, first_serial = Landing(settings.landing), _FIRST_SERIAL + number * _SERIALS
    corrected = _correct_orders(landing, day, part, len(people))
    truth_draft = truth_path(settings).with_name("truth_of_day.parquet")
    with ExitStack() as stack:
        truth = stack.enter_context(Truth(truth_draft))
        pos, loyalty = (stack.enter_context(DatabaseDay(landing, name, day)) for name in ("pos", "loyalty"))
        orders = _orders(rng, manifest, part, people, calendar, first_serial)
        block = Block(
            manifest.seed, part, calendar, people, orders, _EVENTS_EACH, landing, truth, moves, first_serial
        )  # fmt: skip
        write_block(block, pos, loyalty)
    _add_truth(settings, truth_draft)
    write_people(people_path(settings), [people_table(people.pick(is_new))], kept=True)
    made = DemoDay(
        day.isoformat(), len(people), int(is_new.sum()), int((moves & ~is_new).sum()), len(orders), corrected
    )
    write_json(days_path(settings), {"days": [asdict(one) for one in (*lived, made)]})
    _LOG.info("The demo retailer has lived %s: %s people did something", day, f"{len(people):,}")
    return made


def _world(settings: Settings) -> DemoManifest:
    manifest = read_manifest(settings)
    if manifest is None:
        raise UserError(f"There is no demo retailer in {settings.home} yet. Make one first: guanxi demo.")
    return manifest


def _people(
    rng: np.random.Generator, manifest: DemoManifest, lived: list[DemoDay], calendar: Calendar
) -> tuple[People, Flags]:
    """Who does something on the day, and who of them is new."""
    known = manifest.customers + sum(one.new for one in lived)
    new = max(round(manifest.customers * _NEW_SHARE), 1)
    again = max(round(manifest.customers * _AGAIN_SHARE), 1)
    chosen = np.sort(rng.choice(known, again, replace=False))
    history = history_until(date.fromisoformat(manifest.until))
    groups = []
    for part, first in enumerate(range(0, manifest.customers, BLOCK_PEOPLE)):
        count = min(BLOCK_PEOPLE, manifest.customers - first)
        groups.append((part, first, count, history))
    first = manifest.customers
    for number, one in enumerate(lived, start=1):
        groups.append((_FIRST_PART + number, first, one.new, one_day(date.fromisoformat(one.day))))
        first += one.new
    groups.append((_FIRST_PART + len(lived) + 1, known, new, calendar))
    found = []
    for part, first, count, days in groups:
        mine = chosen[(chosen >= first) & (chosen < first + count)]
        if first == known:
            mine = np.arange(first, first + count)
        if len(mine):
            everybody = make_people(manifest.seed, part, first, count, days, manifest.orders_per_customer)
            found.append(everybody.pick(mine - first))
    people = joined_together(found)
    last_sign = np.full(len(people), calendar.last + 0.99)
    return replace(people, habits=replace(people.habits, left=last_sign)), people.number >= known


def _moved(rng: np.random.Generator, people: People, moves: Flags) -> People:
    """The same people, some of whom live in another city now and changed their mind about messages."""
    elsewhere = weighted(rng, vocabulary.weights("cities"), len(people))
    changes_mind = moves & chance(rng, 0.2, len(people))
    habits = replace(people.habits, sms_opt_in=people.habits.sms_opt_in ^ changes_mind)
    return replace(people, city=np.where(moves, elsewhere, people.city), habits=habits)


def _orders(
    rng: np.random.Generator, manifest: DemoManifest, part: int, people: People, calendar: Calendar, first_serial: int
) -> Orders:
    """What the people buy on the day."""
    count = len(people)
    wanted = weighted(rng, _ORDERS_EACH, count)
    buys: Ints = np.where(people.habits.in_shop | people.habits.in_pos, wanted, 0)
    start, end = np.full(count, calendar.last + 0.05), np.full(count, calendar.last + 0.95)
    today = replace(people, habits=replace(people.habits, orders=buys, first_order=start, last_order=end))
    return make_orders(manifest.seed, part, today, calendar, first_serial)


def _correct_orders(landing: Landing, day: date, part: int, active: int) -> int:
    """Move some of the shop's older orders on; how many."""
    own = f"_{part:04d}.parquet"
    files = sorted(one for one in (landing.root / "shop").glob("orders_*.parquet") if not one.name.endswith(own))
    moved = moved_orders(files, day, max(round(active * _CORRECTED_SHARE), 1)) if files else None
    if moved is None:
        return 0
    landing.parquet("shop", f"orders_moved{own}", moved)
    return int(moved.num_rows)


def _add_truth(settings: Settings, draft: Path) -> None:
    """Add who is behind the day's ids to the truth; ids that are there already stay."""
    whole = truth_path(settings)
    with replacing(whole) as joined, open_scratch() as connection:
        connection.execute(
            f"copy (select * from '{whole}' union all select distinct day.* from '{draft}' as day"
            f" anti join '{whole}' as known on day.channel = known.channel and day.native_id = known.native_id"
            f" order by all) to '{joined}' (format parquet, compression zstd)"
        )
    draft.unlink()
