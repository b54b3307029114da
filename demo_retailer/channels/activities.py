"""Activities: registrations for events, live streams and votes as CSV; a later row of a registration replaces it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo_retailer.people.population import Ints, People
from demo_retailer.people.shopping_calendar import DAY_SECONDS
from demo_retailer.people.typed_spellings import known_phones, name_texts
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import chance, clock_text, moments, only_where, scattered_ids, take

# id, name, type, days ago, share of the people invited
_ACTIVITIES = (
    ("ACT001", "新品品鉴会", "线下沙龙", 610, 0.020),
    ("ACT002", "厨艺课堂", "线下沙龙", 420, 0.025),
    ("ACT003", "年度最爱单品投票", "线上投票", 300, 0.050),
    ("ACT004", "会员日直播", "直播", 160, 0.060),
    ("ACT005", "亲子运动会", "线下沙龙", 95, 0.020),
    ("ACT006", "双十一预热直播", "直播", 40, 0.060),
)
_LIVE_STREAM = ("ACT007", "每日直播", "直播", 1, 0.2)  # what a single day has
_VOTES = pa.array(["空气炸锅", "扫拖机器人", "每日坚果", "长绒棉四件套", "电动牙刷"])
_BROKEN = (
    "G-BROKEN-1,ACT006,双十一预热直播,直播,,,,,2025-02-31 10:00:00,,,2025-03-01 10:00:00",
    "G-BROKEN-2,ACT006,双十一预热直播",
)


def write_activities(block: Block) -> None:
    """Write one file per activity: a row as invited, a later row for those who confirmed or came."""
    is_one_day = block.calendar.is_one_day
    activities = (_LIVE_STREAM,) if is_one_day else _ACTIVITIES
    for number, (activity, name, kind, days_ago, share) in enumerate(activities):
        rng = block.stream(f"activity {activity}")
        held = block.calendar.last - days_ago
        known = (block.people.habits.joined < held - 10) & (block.people.habits.left > held)
        people = block.people.pick(known & chance(rng, share, len(block.people)))
        if not len(people):
            continue
        own = block.first_serial + np.arange(len(people)) if is_one_day else people.number * len(activities) + number
        ids = scattered_ids("G", own)
        block.truth.add("activities", ids, people.number)
        table = _registrations(rng, people, ids, (activity, name, kind), held)
        broken = _BROKEN if block.part == 0 and number == len(_ACTIVITIES) - 1 else ()
        block.landing.csv("activities", f"{activity}_{name}_{block.part:04d}.csv", table, broken)


def _registrations(
    rng: np.random.Generator, people: People, ids: pa.Array, activity: tuple[str, str, str], held: int
) -> pa.Table:
    count = len(people)

    def constant(text: str) -> pa.Array:
        return take(pa.array([text]), np.zeros(count, dtype=np.int64))

    def at(days_before: int) -> Ints:
        return (held - days_before) * DAY_SECONDS + rng.integers(9 * 3_600, 21 * 3_600, count)

    invited, confirmed, attended = at(8), at(4), at(0)
    is_confirmed = chance(rng, 0.55, count)
    is_there = is_confirmed & chance(rng, 0.7, count)
    identity, name, kind = activity
    first = {
        "registration_id": ids,
        "activity_id": constant(identity),
        "activity_name": constant(name),
        "activity_type": constant(kind),
        "name": name_texts(rng, people),
        "phone": known_phones(rng, people, 0.92),
        "vote": pa.nulls(count, pa.string()),
        "score": pa.nulls(count, pa.int64()),
        "invited_at": clock_text(moments(invited)),
        "confirmed_at": pa.nulls(count, pa.string()),
        "attended_at": pa.nulls(count, pa.string()),
        "updated_at": clock_text(moments(invited)),
    }
    votes = take(_VOTES, rng.integers(0, len(_VOTES), count))
    later = {
        **first,
        "vote": only_where(is_there & (kind == "线上投票"), votes),
        "score": only_where(is_there & chance(rng, 0.6, count), pa.array(rng.integers(3, 6, count))),
        "confirmed_at": clock_text(moments(confirmed, is_confirmed)),
        "attended_at": clock_text(moments(attended, is_there)),
        "updated_at": clock_text(moments(np.where(is_there, attended, confirmed))),
    }
    return pa.concat_tables([pa.table(first), pa.table(later).filter(pa.array(is_confirmed))])
