"""The identity graph on many random worlds, day after day, against what an independent reading of the rules demands."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.testing.dbt.identity_runs import OUTPUTS, IdentityRuns
from tests.testing.dbt.identity_worlds import World, changed, random_world

GROUPS, DAYS = 400, 3
MOST_PROFILES = 6
CAPS = {"id_number_token": 1, "wecom_unionid": 2, "member_no": 3, "shop_account": 5, "phone_token": 12}
STEPS = [f"day_{day}" for day in range(DAYS)]
REBUILT = [f"{step}_rebuilt" for step in STEPS]
Days = tuple[IdentityRuns, list[World]]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> tuple[IdentityRuns, list[World]]:
    """Worlds of days; runs that replace what a day changed, and runs that rebuild everything from shuffled rows."""
    draw = random.Random(11)
    worlds = [random_world(draw, GROUPS)]
    while len(worlds) < DAYS:
        worlds.append(changed(draw, worlds[-1], GROUPS))
    runs = IdentityRuns(tmp_path_factory.mktemp("identity"), {"customer_max_profiles": MOST_PROFILES})
    for step, rebuilt, world in zip(STEPS, REBUILT, worlds, strict=True):
        runs.give(step, world)
        runs.give(rebuilt, world, shuffled=True, full_refresh=True)
    runs.run(*STEPS, *REBUILT)
    return runs, worlds


def test_the_days_are_really_built_on_each_other_and_the_others_are_not(days: Days) -> None:
    plans = [days[0].found(step, "int_identity__build_plan", "is_partial")[0][0] for step in STEPS + REBUILT]
    assert plans == [False, True, True, False, False, False]


@pytest.mark.parametrize("table", OUTPUTS)
def test_day_by_day_ends_in_the_same_rows_as_everything_anew_in_another_order(days: Days, table: str) -> None:
    for step, rebuilt in zip(STEPS, REBUILT, strict=True):
        assert days[0].found(step, table) == days[0].found(rebuilt, table), step


def test_closure_before_guards_equals_a_union_find(days: Days) -> None:
    for step, world in zip(STEPS, days[1], strict=True):
        identifier_groups: dict[Any, list[Any]] = defaultdict(list)
        for value, period, name_group, node in days[0].found(
            step, "int_identity__identifier_groups", "value_key, period, name_group, profile_key"
        ):
            if name_group is not None:
                identifier_groups[value, period, name_group].append(node)
        key = dict(days[0].found(step, "int_identity__profile_customers", "source_profile_id, profile_key"))
        pairs = [tuple(key.get(name) for name in pair) for pair in _joined_pairs(world)]
        links = [(members[0], other) for members in identifier_groups.values() for other in members[1:]]
        expected = _components([*links, *(pair for pair in pairs if None not in pair)])
        assert dict(days[0].found(step, "int_identity__components_before_guards")) == expected


def test_no_customer_violates_a_guard(days: Days) -> None:
    for step, world in zip(STEPS, days[1], strict=True):
        for members in _customers(days[0], step, world).values():
            assert _objections(members, _separated(world)) == set(), [row["source_profile_id"] for row in members]


def test_the_links_in_force_make_exactly_the_customers(days: Days) -> None:
    for step, world in zip(STEPS, days[1], strict=True):
        edges = days[0].found(step, "int_identity__accepted_links", "source_profile_id, linked_profile_id")
        linked = _components(edges)
        customers = _customers(days[0], step, world)
        by_links: dict[Any, set[str]] = defaultdict(set)
        for name, component in linked.items():
            by_links[component].add(name)
        several = {frozenset(row["source_profile_id"] for row in rows) for rows in customers.values() if len(rows) > 1}
        assert {frozenset(names) for names in by_links.values()} == several


def test_every_refused_link_would_have_violated_the_guard_that_it_names(
    days: Days,
) -> None:
    seen = set()
    for step, world in zip(STEPS, days[1], strict=True):
        customers = _customers(days[0], step, world)
        of_profile = {row["source_profile_id"]: number for number, rows in customers.items() for row in rows}
        for left, right, reason in days[0].found(
            step, "int_identity__refused_links", "source_profile_id, linked_profile_id, guard_reason"
        ):
            seen.add(reason)
            assert of_profile[left] != of_profile[right]
            objections = _objections(customers[of_profile[left]] + customers[of_profile[right]], _separated(world))
            # links of a component that is too large are refused by strength, even between small parts of it
            assert reason == "too_many_profiles" or reason in objections
    assert seen >= {"steward_separate", "id_numbers_differ", "birthdays_and_names_differ", "too_many_profiles"}


def test_what_no_guard_concerns_is_joined_completely(days: Days) -> None:
    for rebuilt in REBUILT:
        suspects = {row[0] for row in days[0].found(rebuilt, "int_identity__flagged_components", "cluster_id")}
        rows = days[0].found(rebuilt, "int_identity__components", "component_id, cluster_id")
        assert [row for row in rows if row[0] not in suspects and row[0] != row[1]] == []


def _customers(runs: IdentityRuns, step: str, world: World) -> dict[str, list[dict[str, Any]]]:
    rows = {row["source_profile_id"]: row for row in world["int_profiles"]}
    customers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, customer in runs.found(step, "int_identity__profile_customers", "source_profile_id, customer_id"):
        customers[customer].append(rows[name])
    return customers


def _joined_pairs(world: World) -> list[tuple[str, str]]:
    decisions = [row for row in world["stg_operations__identity_decisions"] if row["decision"] == "join"]
    matches = [row for row in world["stg_linkage__links"] if row["match_probability"] >= 0.99]
    return [
        (row["left_profile_id"], row["right_profile_id"]) for row in decisions + matches if row.get("is_active", True)
    ]


def _separated(world: World) -> list[tuple[str, str]]:
    return [
        (row["left_profile_id"], row["right_profile_id"])
        for row in world["stg_operations__identity_decisions"]
        if row["decision"] == "separate" and row["is_active"]
    ]


def _objections(members: list[dict[str, Any]], separated: list[tuple[str, str]]) -> set[str]:
    """The guards that one customer of these profiles would violate."""
    names = {row["source_profile_id"] for row in members}
    found = {"too_many_profiles"} if len(members) > MOST_PROFILES else set()
    for column, cap in CAPS.items():
        if len({row[column] for row in members if row[column]}) > cap:
            kind = column.removesuffix("_token")
            found.add("id_numbers_differ" if kind == "id_number" else f"too_many_{kind}")
    if any(left in names and right in names for left, right in separated):
        found.add("steward_separate")
    facts = {(row["birthday"], row["identity_name_token"]) for row in members}
    facts = {fact for fact in facts if None not in fact}
    if any(one[0] != other[0] and one[1] != other[1] for one in facts for other in facts):
        found.add("birthdays_and_names_differ")
    return found


def _components(links: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Union-find: the smallest member of the component of every node with a link."""
    parent: dict[Any, Any] = {}

    def find(node: Any) -> Any:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in links:
        low, high = sorted((find(one), find(other)))
        parent[high] = low
    return {node: find(node) for node in list(parent)}
