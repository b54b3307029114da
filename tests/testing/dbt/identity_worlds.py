"""Many small random worlds side by side, and random changes to them."""

from __future__ import annotations

import random
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from tests.testing.dbt.identity_runs import Rows

World = dict[str, Rows]
CHANNELS = ("shop", "pos", "app", "surveys")


def random_world(draw: random.Random, groups: int) -> World:
    """Groups of up to a dozen profiles that share identifiers, names and birthdays with each other, never across."""
    world: World = {"int_profiles": [], "stg_operations__identity_decisions": [], "stg_linkage__links": [],
                    "int_identity__login_log": []}  # fmt: skip
    for group in range(groups):
        size = draw.randint(1, 12)
        world["int_profiles"] += [profile(draw, group, number) for number in range(size)]
        _say(draw, world, group)
    return world


def changed(draw: random.Random, world: World, groups: int) -> World:
    """The world after a day: profiles changed, gone and new, decisions taken and taken back, matches judged again."""
    after = deepcopy(world)
    kept: Rows = []
    for row in after["int_profiles"]:
        fate = draw.random()
        group, number = _place(row["source_profile_id"])
        if fate < 0.05:
            continue
        kept.append(profile(draw, group, number) if fate < 0.15 else row)
    known = {row["source_profile_id"] for row in kept}
    for group in draw.sample(range(groups), groups // 8):
        newcomer = profile(draw, group, draw.randint(0, 15))
        kept += [newcomer] if newcomer["source_profile_id"] not in known else []
        known.add(newcomer["source_profile_id"])
    after["int_profiles"] = kept
    for decision in after["stg_operations__identity_decisions"]:
        decision["is_active"] ^= draw.random() < 0.1
    after["stg_linkage__links"] = [row for row in after["stg_linkage__links"] if draw.random() < 0.9]
    for group in draw.sample(range(groups), groups // 10):
        _say(draw, after, group)
    return after


def profile(draw: random.Random, group: int, number: int) -> dict[str, Any]:
    """A profile of a group; what it carries is drawn from the group's few values."""

    def one_of(kind: str, count: int, share: float) -> str | None:
        return f"{kind}{group}-{draw.randrange(count)}" if draw.random() < share else None

    start = date(2015, 1, 1) + timedelta(days=draw.choice((0, 0, 1, 200, 1500, 1501, 3000)))
    phone, email = one_of("p", 3, 0.7), one_of("e", 3, 0.4)
    channel = CHANNELS[number % len(CHANNELS)]
    return {
        "source_profile_id": f"{channel}:{group}-{number}",
        "channel": channel,
        "native_id": f"{group}-{number}",
        "phone_token": phone,
        "phone_mask": phone and "1**",
        "email_token": email,
        "email_mask": email and "e**",
        "id_number_token": one_of("i", 2, 0.2),
        "identity_name_token": one_of("n", 3, 0.6),
        "member_no": one_of("m", 5, 0.3),
        "wecom_unionid": one_of("u", 3, 0.1),
        "shop_account": f"{group}-{number}" if channel == "shop" else None,
        "birthday": f"19{60 + group % 30}-01-0{draw.randint(1, 2)}" if draw.random() < 0.4 else None,
        "is_test": draw.random() < 0.03,
        "registered_at": f"{start} 10:00:00",
        "updated_at": f"{start + timedelta(days=draw.randrange(30))} 10:00:00",
        "first_load_id": f"{number:03d}",
    }


def _place(source_profile_id: str) -> tuple[int, int]:
    group, _, number = source_profile_id.partition(":")[2].partition("-")
    return int(group), int(number)


def _say(draw: random.Random, world: World, group: int) -> None:
    """Now and then a decision, a match or a login in the group."""
    names = sorted(
        row["source_profile_id"] for row in world["int_profiles"] if _place(row["source_profile_id"])[0] == group
    )
    if len(names) < 2:
        return
    decisions, links = world["stg_operations__identity_decisions"], world["stg_linkage__links"]
    if draw.random() < 0.3:
        left, right = sorted(draw.sample(names, 2))
        kind = draw.choice(("join", "separate", "separate"))
        given = {"decision_id": f"d{len(decisions)}", "decision": kind, "left_profile_id": left}
        if (left, right) not in {(row["left_profile_id"], row["right_profile_id"]) for row in decisions}:
            decisions.append({**given, "right_profile_id": right, "is_active": True})
    if draw.random() < 0.3:
        left, right = sorted(draw.sample(names, 2))
        if (left, right) not in {(row["left_profile_id"], row["right_profile_id"]) for row in links}:
            links.append({"left_profile_id": left, "right_profile_id": right, "model_version": "v1",
                          "field_weights": "{}", "match_probability": draw.choice((0.9, 0.995))})  # fmt: skip
    if draw.random() < 0.3:
        for account in draw.sample(range(12), draw.choice((1, 1, 2))):
            world["int_identity__login_log"].append(
                {
                    "channel": "web",
                    "login_place": f"web:{group}",
                    "account_type": "shop_account",
                    "account": f"{group}-{account}",
                    "first_seen_at": "2020-01-01 10:00:00",
                    "last_seen_at": "2020-01-01 10:00:00",
                    "load_id": "1",
                }
            )
