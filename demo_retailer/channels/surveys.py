"""Surveys: CSV in GBK, as Chinese survey tools export it, one file per survey."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo_retailer import vocabulary
from demo_retailer.people.free_texts import with_contact
from demo_retailer.people.shopping_calendar import DAY_SECONDS, at_some_hour, bad_week
from demo_retailer.people.typed_spellings import known_phones
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import Ints, chance, clock_text, moments, only_where, scattered_ids, take, weighted

_ANSWERS_EACH = 0.16
_SCENES = ("售前", "交付", "售后")
_SCENE_WEIGHTS = np.array([25.0, 45, 30])
_SURVEYS = pa.array(["门店体验调查", "收货体验调查", "服务满意度调查"])
_MOOD_WEIGHTS = np.array([11.0, 21, 68])  # bad, so-so, good
_TRUE_TO_MOOD = 0.985  # of answers; the others are drawn as above
_BROKEN = (
    "Q-BROKEN-1,收货体验调查,交付,13861527394,非常好,5,2,很满意,否,上海市,2025-06-01 10:00:00",
    "Q-BROKEN-2,收货体验调查,交付",
    "Q-BROKEN-3,收货体验调查,交付,,9,5,2,一般,否,上海市,2025年13月45日",
    'Q-BROKEN-4,收货体验调查,交付,,9,5,2,"尺寸有点小,否,上海市,2025-06-02 10:00:00',
)


def write_surveys(block: Block) -> None:
    """Write the answers of a block, one file per scene."""
    rng = block.stream("surveys")
    count = int(len(block.people) * _ANSWERS_EACH)
    person = np.flatnonzero(block.people.habits.orders > 0)
    person = rng.choice(person, count) if len(person) else np.zeros(0, dtype=np.int64)
    people = block.people.pick(person)
    count = len(people)
    habits = people.habits
    days = block.calendar.between(rng, habits.first_order, habits.left)
    at = np.sort(at_some_hour(rng, days, block.calendar.last))
    scene = weighted(rng, _SCENE_WEIGHTS, count)
    mood = weighted(rng, _MOOD_WEIGHTS, count)
    mood = np.where(chance(rng, _TRUE_TO_MOOD, count), people.traits.mood, mood)
    day = at // DAY_SECONDS
    is_bad_week = (day >= bad_week(block.calendar)) & (day < bad_week(block.calendar) + 7)
    mood = np.where(is_bad_week & chance(rng, 0.2, count), 0, mood)
    is_anonymous = chance(rng, 0.3, count)
    ids = scattered_ids("Q", block.first_serial + np.arange(count))
    columns = {
        "问卷编号": ids,
        "问卷": take(_SURVEYS, scene),
        "场景": take(pa.array(_SCENES), scene),
        "手机": only_where(~is_anonymous, known_phones(rng, people, 0.9)),
        "推荐分": _scores(rng, mood, (0, 6), (7, 8), (9, 10)),
        "满意度": only_where(chance(rng, 0.9, count), _scores(rng, mood, (1, 2), (3, 3), (4, 5))),
        "费力度": only_where(chance(rng, 0.6, count), _scores(rng, mood, (4, 7), (3, 4), (1, 2))),
        "意见": only_where(chance(rng, 0.55, count), with_contact(rng, _comments(rng, scene, mood), people)),
        "匿名": take(pa.array(["否", "是"]), is_anonymous.astype(np.int64)),
        "地区": people.provinces(),
        "填写时间": clock_text(moments(at)),
    }
    table = pa.table(columns)
    block.truth.add("surveys", ids, people.number)
    for number, name in enumerate(_SCENES):
        broken = _BROKEN if block.part == 0 and number == 1 else ()
        rows = table.take(pa.array(np.flatnonzero(scene == number)))
        block.landing.csv("surveys", f"问卷_{name}_{block.part:04d}.csv", rows, broken, encoding="gbk")


def _scores(rng: np.random.Generator, mood: Ints, *ranges: tuple[int, int]) -> pa.Array:
    """A score within the range, ends included, that belongs to the mood."""
    low, high = np.array(ranges).T
    return pa.array(rng.integers(low[mood], high[mood] + 1))


def _comments(rng: np.random.Generator, scene: Ints, mood: Ints) -> pa.StringArray:
    """A comment that suits scene and mood (0 bad, 1 so-so, 2 good)."""
    scenes = np.asarray(vocabulary.column("survey_comments", "scene"))
    moods = vocabulary.column("survey_comments", "mood").to_numpy() + 1
    chosen = np.zeros(len(scene), dtype=np.int64)
    for number, name in enumerate(_SCENES):
        for level in range(3):
            fitting = np.flatnonzero((scenes == name) & (moods == level))
            mine = (scene == number) & (mood == level)
            chosen[mine] = rng.choice(fitting, int(mine.sum()))
    return take(vocabulary.column("survey_comments", "comment"), chosen)
