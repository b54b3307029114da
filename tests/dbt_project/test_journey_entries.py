"""Who enters a journey: on which days, and of several journeys which one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.testing.dbt.journey_worlds import JourneyWorld


@pytest.fixture
def world(tmp_path: Path) -> JourneyWorld:
    """Three newcomers."""
    world = JourneyWorld(tmp_path)
    arrive(world, "ann", "bob", "cat")
    return world


def arrive(world: JourneyWorld, *customers: str) -> None:
    """More newcomers."""
    for name in customers:
        world.add("customers", {"customer_id": name})
        world.add("segment_members", {"segment": "newcomers", "customer_id": name})


def short(name: str, entry: str, priority: int = 50) -> str:
    """A journey that asks for a call and then waits."""
    return (
        f"journey_id: {name}\nname: {{en: N}}\nholdout_percent: 0\nversion: 1\npriority: {priority}\n"
        f"entry: {{segment: newcomers, {entry}}}\nsteps: [{{wait: {{for: 5d}}, name: {name}_waits}}, {{task: call}}]\n"
    )


def entered(world: JourneyWorld, day: int) -> list[tuple[str, str]]:
    """Who entered which journey on a day of June."""
    return [(customer, step) for customer, _, step, cause, *_ in world.live(date(2026, 6, day)) if cause == "entered"]


def test_a_journey_lets_in_from_its_first_day_to_its_last_and_who_is_inside_finishes(world: JourneyWorld) -> None:
    world.write_journey(short("spring", "starts_on: 2026-06-02, ends_on: 2026-06-03"))
    assert entered(world, 1) == []
    assert len(entered(world, 2)) == 3
    arrive(world, "dan")
    assert entered(world, 3) == [("dan", "spring_waits")]
    arrive(world, "eve")
    assert entered(world, 4) == []
    assert set(world.standing()) == {"ann", "bob", "cat", "dan"}
    world.live(date(2026, 6, 8))
    assert world.standing() == {}


def test_of_two_journeys_that_exclude_each_other_the_higher_priority_has_the_customer_and_then_the_other(
    world: JourneyWorld,
) -> None:
    world.announced = ("second",)
    world.write_journey(short("first", "unless_in: [second]", priority=40))
    world.write_journey(short("second", "unless_in: [first]", priority=60))
    assert {step for _, step in entered(world, 1)} == {"second_waits"}
    assert entered(world, 5) == []
    assert entered(world, 6) == []
    assert {step for _, step in entered(world, 7)} == {"first_waits"}


def test_a_journey_waits_for_the_one_that_keeps_people_out_of_it_whatever_its_priority(world: JourneyWorld) -> None:
    world.announced = ("care",)
    world.write_journey(short("offers", "unless_in: [care]", priority=90))
    world.write_journey(short("care", "reentry: never", priority=10))
    assert {step for _, step in entered(world, 1)} == {"care_waits"}
