"""Set-based journeys take the very steps of a plain evaluator, whatever the file, the events and the messages are."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import yaml

from tests.testing.dbt.journey_evaluator import Evaluator, Event, made_up_journey
from tests.testing.dbt.journey_worlds import JourneyWorld

FIRST_DAY = date(2026, 6, 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_journey_over_any_days_is_that_of_a_plain_evaluator(tmp_path: Path, seed: int) -> None:
    chosen = random.Random(seed)
    world = JourneyWorld(tmp_path)
    people = [f"c{number:02}" for number in range(60)]
    tiers = {name: chosen.choice("abc") for name in people[5:]}  # of some nothing is known
    world.add("customers", *({"customer_id": name} for name in people))
    world.add(
        "int_journey_customer_states", *({"customer_id": name, "value_tier": tier} for name, tier in tiers.items())
    )
    evaluators = {}
    for name in ("one", "two", "three"):
        journey = world.write_journey(yaml.safe_dump(made_up_journey(chosen, name), sort_keys=False))
        evaluators[name] = Evaluator(journey, tiers)
    events: list[Event] = []
    for days in (0, 1, 3, 6, 13):
        day = FIRST_DAY + timedelta(days=days)
        members = people[: 20 + 5 * days]
        world.rows["segment_members"] = [{"segment": "everybody", "customer_id": name} for name in members]
        for _ in range(25):
            happened = datetime.combine(day - timedelta(days=chosen.choice([0, 0, 1])), time(chosen.randrange(24), 1))
            events.append((chosen.choice(people), chosen.choice(["purchase", "complaint", "unsubscribed"]), happened))
        world.rows["int_journey_events"] = [
            {"customer_id": who, "event": event, "entity_id": str(number), "occurred_at": at}
            for number, (who, event, at) in enumerate(events)
        ]
        world.live(day)
        for name, evaluator in evaluators.items():
            built = world.dbt.query(
                "select customer_id, from_step, to_step, cause, detail, happened_at from main.int_journey_log"
                f" where journey_id = '{name}' and seen_on = date '{day}' order by customer_id, transition_no"
            )
            assert built == sorted(evaluator.advance(day, members, events), key=lambda one: one[0]), (name, day)
        _send(world, evaluators, chosen, day)


def _send(world: JourneyWorld, evaluators: dict[str, Evaluator], chosen: random.Random, day: date) -> None:
    """Some of those who stand at a message get it, of some it fails or stays unknown, some wait."""
    for run, journey, customer, message in world.dbt.query(
        "select run_id, runs.journey_id, customer_id, message from main.int_journey_runs as runs"
        " inner join main.stg_operations__journey_steps as steps on runs.journey_id = steps.journey_id"
        " and runs.step = steps.name where is_live and steps.kind = 'send' order by all"
    ):
        state = chosen.choice(["accepted", "accepted", "unknown", "failed", "sending", ""])
        evaluator = evaluators[journey]
        if state and evaluator.messages.get((customer, message), ("sending",))[0] == "sending":
            at = datetime.combine(day, time(9 + chosen.randrange(8), 5))
            world.note_delivery(journey, 1, run, message, state, at, "no_such_number" if state == "failed" else None)
            evaluator.messages[customer, message] = (state, at)
