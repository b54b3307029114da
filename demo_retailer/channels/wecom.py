"""WeCom 企业微信: contacts and groups in the field names of its own interface."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo_retailer.landing_files import copy
from demo_retailer.people.population import People
from demo_retailer.people.shopping_calendar import DAY_SECONDS, at_some_hour
from demo_retailer.people.typed_spellings import known_phones
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import (
    Ints,
    chance,
    choose,
    identifiers,
    only_where,
    paste,
    scattered_ids,
    take,
    weighted,
)

_UTC_OFFSET = 8 * 3_600
_PAGE = 5_000
_GROUP_SIZE = 120
_ADD_WAYS = np.array([1, 2, 3, 8, 16, 202])
_ADD_WAY_WEIGHTS = np.array([45.0, 8, 12, 10, 15, 10])
_STATES = pa.array(["store_poster", "package_card", "live_room", "service_desk", "双十一"])
_MOODS = pa.array(
    ["阳光", "小鱼", "微笑", "清风", "一只猫", "向日葵", "慢生活", "奔跑的兔子", "云淡风轻", "橙子", "豆豆妈", "深蓝"]
)
_INTERNAL, _EXTERNAL = 1, 2


def write_wecom(block: Block) -> None:
    """Write the contacts and the customer groups of a block."""
    rng = block.stream("wecom")
    person = np.flatnonzero(block.people.habits.in_wecom)
    person = person[block.written(person)]
    people = block.people.pick(person)
    if not len(people):
        return
    ids = scattered_ids("wm", people.number)
    block.truth.add("wecom", ids, people.number)
    nickname = _nicknames(rng, people)
    added = at_some_hour(rng, people.habits.joined, block.calendar.last) - _UTC_OFFSET
    has_union = chance(rng, 0.85, len(people))
    union = only_where(has_union, scattered_ids("un", people.number))
    # One contact in twelve is followed by two employees: two rows of one person.
    again = np.flatnonzero(chance(rng, 0.08, len(people)))
    rows = np.concatenate([np.arange(len(people)), again])
    contacts = _contacts(rng, people.pick(rows), take(ids, rows), take(nickname, rows), take(union, rows), added[rows])
    for page, start in enumerate(range(0, len(rows), _PAGE)):
        with block.landing.file("wecom", f"contacts_{block.part:04d}_{page:03d}.json") as path:
            listed = contacts.slice(start, _PAGE).to_struct_array().combine_chunks()
            copy(_document(external_contact_list=listed, next_cursor=pa.array([""])), path, "format json")
    _write_groups(block, rng, ids, nickname, union, added)


def _contacts(
    rng: np.random.Generator, people: People, ids: pa.Array, nickname: pa.Array, union: pa.Array, added: Ints
) -> pa.Table:
    count = len(people)
    way = _ADD_WAYS[weighted(rng, _ADD_WAY_WEIGHTS, count)]
    contact = {
        "external_userid": ids,
        "name": nickname,
        "type": pa.array(np.ones(count, dtype=np.int64)),
        "gender": pa.array(np.where(chance(rng, 0.2, count), 0, np.where(people.is_male, 1, 2))),
        "unionid": union,
    }
    remark = choose(
        weighted(rng, np.array([55.0, 20, 25]), count),
        people.names(),
        paste(people.surnames(), people.genders("先生", "女士")),
        nickname,
    )
    follow = {
        "userid": identifiers("staff", rng.integers(1, 41, count), 3),
        "remark": remark,
        "createtime": pa.array(added),
        "add_way": pa.array(way),
        "remark_mobiles": _mobiles(rng, people),
        "state": only_where(way == 1, take(_STATES, rng.integers(0, len(_STATES), count))),
    }
    return pa.table({"external_contact": _structs(contact), "follow_info": _structs(follow)})


def _mobiles(rng: np.random.Generator, people: People) -> pa.ListArray:
    """Phones that the employee noted: none or one."""
    phones = known_phones(rng, people, 0.5).fill_null("")
    noted = np.asarray(pc.not_equal(pc.utf8_trim_whitespace(phones), ""))
    offsets = np.concatenate([[0], np.cumsum(noted)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), phones.filter(pa.array(noted)))


def _write_groups(
    block: Block, rng: np.random.Generator, ids: pa.Array, nickname: pa.Array, union: pa.Array, added: Ints
) -> None:
    """Write groups of about a hundred: half of the contacts are in one, some guests are nobody's contact."""
    member = np.flatnonzero(chance(rng, 0.5, len(ids)))
    if not len(member):
        return
    group = np.sort(rng.integers(0, max(len(member) // _GROUP_SIZE, 1), len(member)))
    count = int(group[-1]) + 1
    now = block.calendar.last * DAY_SECONDS - _UTC_OFFSET
    per_group = np.bincount(group, minlength=count)
    members = {
        "userid": take(ids, member),
        "type": pa.array(np.full(len(member), _EXTERNAL)),
        "unionid": take(union, member),
        "join_time": pa.array(np.minimum(added[member] + rng.integers(60, 3 * DAY_SECONDS, len(member)), now)),
        "join_scene": pa.array(rng.choice([1, 2, 3], len(member))),
        "name": take(nickname, member),
    }
    lists = pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(per_group)]).astype(np.int32)), _structs(members)
    )
    number = pa.array(np.arange(1, count + 1)).cast(pa.string())
    cities = take(block.people.cities(), rng.integers(0, len(block.people), count))
    groups = {
        "chat_id": scattered_ids("wr", (block.first_serial >> 4) + np.arange(count)),
        "name": paste(cities, "会员福利群", number),
        "owner": identifiers("staff", rng.integers(1, 41, count), 3),
        "create_time": pa.array(np.full(count, added.min())),
        "member_list": lists,
    }
    with block.landing.file("wecom", f"groups_{block.part:04d}.json") as path:
        copy(_document(groups=_structs(groups)), path, "format json")


def _nicknames(rng: np.random.Generator, people: People) -> pa.StringArray:
    """Names people call themselves: the real one, half of it, or something sunny."""
    return choose(
        weighted(rng, np.array([30.0, 20, 15, 35]), len(people)),
        people.names(),
        people.given_names(),
        paste("小", people.surnames()),
        take(_MOODS, rng.integers(0, len(_MOODS), len(people))),
    )


def _structs(columns: dict[str, pa.Array]) -> pa.StructArray:
    return pa.StructArray.from_arrays(list(columns.values()), list(columns))


def _document(**parts: pa.Array) -> pa.Table:
    """One answer of the interface: arrays of structs become its lists, arrays of one text stay a text."""
    columns: dict[str, pa.Array] = {"errcode": pa.array([0]), "errmsg": pa.array(["ok"])}
    for name, values in parts.items():
        if pa.types.is_struct(values.type):
            values = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
        columns[name] = values
    return pa.table(columns)
