"""What becomes of people in journeys: each line of the table of what bites others in journeys is a test here."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.testing.dbt.journey_worlds import JourneyWorld

CARE = """
journey_id: care
version: 1
name: {en: Care}
entry: {segment: newcomers}
holdout_percent: 0
exit_when: [unsubscribed]
channels: [{channel: sms, destination: crm}]
steps:
  - send: hello
  - wait: {until: purchase, at_most: 7d}
    name: will_buy
    then: thanks
  - branch:
      - {when: "value_tier = 'high'", steps: [{task: call}]}
      - {else: true, steps: [{send: reminder}]}
  - exit: done
  - send: thanks
"""


@pytest.fixture
def world(tmp_path: Path) -> JourneyWorld:
    """Three newcomers and the journey that they enter."""
    world = JourneyWorld(tmp_path)
    for name in ("ann", "bob", "cat"):
        world.add("customers", {"customer_id": name})
        world.add("segment_members", {"segment": "newcomers", "customer_id": name})
        world.add(
            "int_journey_customer_states", {"customer_id": name, "value_tier": "high" if name == "ann" else "low"}
        )
        world.add("int_metrics__made", {"customer_id": name, "orders": 1})
    return world


def test_a_customer_enters_once_waits_for_what_happens_and_takes_the_first_way_that_holds(world: JourneyWorld) -> None:
    world.write_journey(CARE)
    assert world.live(date(2026, 6, 1)) == [
        (name, None, "hello", "entered", None, date(2026, 6, 1)) for name in ("ann", "bob", "cat")
    ]
    assert world.live(date(2026, 6, 2)) == [], "nobody goes on before the message left"
    for name in ("ann", "bob", "cat"):
        world.deliver(name, 1, "delivered", datetime(2026, 6, 2, 9, 5))
    world.add(
        "int_journey_events",
        {"customer_id": "cat", "event": "purchase", "entity_id": "o1", "occurred_at": datetime(2026, 6, 4, 12)},
    )
    assert world.live(date(2026, 6, 4)) == [
        ("ann", "hello", "will_buy", "sent", None, date(2026, 6, 2)),
        ("bob", "hello", "will_buy", "sent", None, date(2026, 6, 2)),
        ("cat", "hello", "will_buy", "sent", None, date(2026, 6, 2)),
        ("cat", "will_buy", "thanks", "happened", "purchase", date(2026, 6, 4)),
    ]
    assert world.live(date(2026, 6, 8)) == [], "the clock of the wait started when the message left"
    assert world.live(date(2026, 6, 9)) == [
        ("ann", "will_buy", "branch_1", "timed_out", "purchase", date(2026, 6, 9)),
        ("ann", "branch_1", "call", "branched", "1", date(2026, 6, 9)),
        ("ann", "call", "exit_1", "task_set", "call", date(2026, 6, 9)),
        ("ann", "exit_1", "exit", "ended", "done", date(2026, 6, 9)),
        ("bob", "will_buy", "branch_1", "timed_out", "purchase", date(2026, 6, 9)),
        ("bob", "branch_1", "reminder", "branched", "2", date(2026, 6, 9)),
    ]
    assert world.standing() == {"bob": "reminder", "cat": "thanks"}
    assert world.live(date(2026, 6, 9)) == world.live(date(2026, 6, 9)), "the same day again changes nothing"


def test_both_ways_may_hold_the_first_is_taken_and_what_is_not_known_meets_no_condition(world: JourneyWorld) -> None:
    world.write_journey(
        """
journey_id: care
version: 1
name: {en: Care}
entry: {segment: newcomers}
holdout_percent: 0
steps:
  - branch:
      - {when: "orders >= 1 and not tag('tea')", steps: [{task: first}]}
      - {when: "value_tier = 'high'", steps: [{task: second}]}
      - {when: "segment('vip') or days_since(seen_day) > 3", steps: [{task: third}]}
      - {else: true, steps: [{task: fourth}]}
"""
    )
    world.add("customer_tags", {"customer_id": "bob", "tag": "tea", "is_current": True})
    world.add("customer_tags", {"customer_id": "ann", "tag": "tea", "is_current": False})
    world.rows["int_metrics__made"] = [
        {"customer_id": "ann", "orders": 1},
        {"customer_id": "bob", "orders": 1, "seen_day": date(2026, 5, 1)},
    ]
    tasks = [
        (customer, detail) for customer, *_, cause, detail, _ in world.live(date(2026, 6, 1)) if cause == "task_set"
    ]
    assert tasks == [("ann", "first"), ("bob", "third"), ("cat", "fourth")]


def test_nobody_enters_twice_unless_the_file_says_after_how_long(world: JourneyWorld) -> None:
    short = "name: {{en: N}}\nholdout_percent: 0\nversion: 1\nsteps: [{{task: call}}]\n"
    short += "entry: {{segment: newcomers, reentry: {}}}\n"
    world.write_journey("journey_id: once\n" + short.format("never"))
    world.write_journey("journey_id: again\n" + short.format("10d"))
    entered = []
    for day in (1, 2, 10, 11, 12, 21):
        seen = world.live(date(2026, 6, day))
        entered.append((day, sum(cause == "entered" for *_, cause, _, _ in seen)))
    assert entered == [(1, 6), (2, 0), (10, 0), (11, 3), (12, 0), (21, 3)]


def test_a_run_for_each_order_waits_for_what_happens_to_that_order(world: JourneyWorld) -> None:
    world.write_journey(
        """
journey_id: care
version: 1
name: {en: Care}
holdout_percent: 0
entry: {event: purchase, within: 2d, concurrent: per_entity}
steps:
  - wait: {until: refund, at_most: 5d, per: entity}
    then: sorry
    else: exit
  - task: sorry
"""
    )
    for order, day in (("o1", 1), ("o2", 1), ("o0", 28)):
        at = datetime(2026, 6, day, 12) if day == 1 else datetime(2026, 5, day, 12)
        world.add(
            "int_journey_events", {"customer_id": "ann", "event": "purchase", "entity_id": order, "occurred_at": at}
        )
    assert len(world.live(date(2026, 6, 1))) == 2, "an order of before the days in which it lets in does not"
    world.add(
        "int_journey_events",
        {"customer_id": "ann", "event": "refund", "entity_id": "o2", "occurred_at": datetime(2026, 6, 2, 8)},
    )
    assert [(to, cause) for _, _, to, cause, _, _ in world.live(date(2026, 6, 2))] == [
        ("sorry", "happened"), ("exit", "task_set"),
    ]  # fmt: skip
    assert [cause for *_, cause, _, _ in world.live(date(2026, 6, 6))] == ["timed_out"]


def test_a_message_that_fails_or_is_refused_or_waits_too_long_goes_its_other_way(world: JourneyWorld) -> None:
    world.write_journey(CARE.replace("- send: hello", "- send: hello\n    else: will_buy"))
    world.live(date(2026, 6, 1))
    world.deliver("ann", 1, "bounced", datetime(2026, 6, 1, 10))
    world.add(
        "campaign_plan",
        *(
            {
                "campaign_id": "care", "campaign_version": 1, "step": 1, "customer_id": "bob", "is_approved": True,
                "occurrence": world.run_of("bob"), "decision": "refuse", "reason": reason,
            }
            for reason in ("no_consent", "no_identifier")
        ),
    )  # fmt: skip
    assert [(customer, to, cause, detail) for customer, _, to, cause, detail, _ in world.live(date(2026, 6, 2))] == [
        ("ann", "will_buy", "not_sent", "bounced")
    ], "the plan of this build is read by the next"
    assert [(customer, to, cause, detail) for customer, _, to, cause, detail, _ in world.live(date(2026, 6, 3))] == [
        ("bob", "will_buy", "not_sent", "no_consent")
    ]
    late = world.live(date(2026, 6, 16))
    assert ("cat", "hello", "will_buy", "not_sent", "waited_too_long", date(2026, 6, 16)) in late


def test_a_message_that_may_have_been_sent_counts_as_sent_and_one_on_its_way_is_waited_for(world: JourneyWorld) -> None:
    world.write_journey(CARE)
    world.live(date(2026, 6, 1))
    world.deliver("ann", 1, "unknown", datetime(2026, 6, 1, 10))
    world.deliver("bob", 1, "sending", datetime(2026, 6, 1, 10))
    assert [(customer, cause) for customer, *_, cause, _, _ in world.live(date(2026, 6, 2))] == [("ann", "sent")]


def test_what_ends_the_journey_wins_over_all_that_would_happen_after_it(world: JourneyWorld) -> None:
    world.write_journey(CARE)
    world.live(date(2026, 6, 1))
    for name, hour in (("ann", 8), ("bob", 11)):
        world.deliver(name, 1, "accepted", datetime(2026, 6, 2, 9, 5))
        world.add(
            "int_journey_events",
            {"customer_id": name, "event": "unsubscribed", "entity_id": "m", "occurred_at": datetime(2026, 6, 2, hour)},
        )
    assert [(customer, to, cause) for customer, _, to, cause, _, _ in world.live(date(2026, 6, 3))] == [
        ("ann", "exit", "left"),
        ("bob", "will_buy", "sent"),
        ("bob", "exit", "left"),
    ]


def test_a_paused_journey_stands_still_and_goes_on_by_the_clock(world: JourneyWorld) -> None:
    world.write_journey(CARE)
    world.live(date(2026, 6, 1))
    world.deliver("ann", 1, "accepted", datetime(2026, 6, 1, 10))
    world.paused.add("care")
    assert world.live(date(2026, 6, 5)) == []
    world.paused.clear()
    assert [cause for customer, *_, cause, _, _ in world.live(date(2026, 6, 20)) if customer == "ann"] == [
        "sent", "timed_out", "branched", "task_set", "ended",
    ]  # fmt: skip


def test_people_inside_move_to_the_step_of_the_same_name_and_nothing_is_sent_twice(world: JourneyWorld) -> None:
    world.write_journey(CARE)
    world.live(date(2026, 6, 1))
    world.deliver("ann", 1, "accepted", datetime(2026, 6, 1, 10))
    world.deliver("bob", 1, "sending", datetime(2026, 6, 1, 10))
    newer = CARE.replace("version: 1", "version: 2").replace("name: will_buy", "name: may_buy")
    world.write_journey(newer)
    assert [(customer, to, cause) for customer, _, to, cause, _, _ in world.live(date(2026, 6, 2))] == [
        ("ann", "will_buy", "sent"),  # it left under the old version
        ("ann", "exit", "version_left"),  # and the step after it has another name now
        ("cat", "hello", "moved"),
    ], "a message on its way is waited for"
    world.deliver("bob", 1, "accepted", datetime(2026, 6, 1, 10))
    world.write_journey(newer.replace("version: 2", "version: 3").replace("name: may_buy", "name: will_buy"))
    assert [(customer, to, cause) for customer, _, to, cause, _, _ in world.live(date(2026, 6, 3))] == [
        ("bob", "will_buy", "sent"), ("bob", "will_buy", "moved"), ("cat", "hello", "moved"),
    ]  # fmt: skip
    world.write_journey(CARE.replace("version: 1", "version: 4\non_edit: leave"))
    assert {cause for *_, cause, _, _ in world.live(date(2026, 6, 4))} == {"version_left"}


def test_people_inside_finish_the_old_steps_below_the_new_ones_and_others_begin_at_the_top(world: JourneyWorld) -> None:
    world.rows["segment_members"].pop()
    world.write_journey(CARE)
    world.live(date(2026, 6, 1))
    world.deliver("ann", 1, "accepted", datetime(2026, 6, 1, 10))
    newer = CARE.replace("version: 1", "version: 2\non_edit: finish")
    world.write_journey(newer.replace("steps:\n", "steps:\n  - send: welcome\n  - exit: welcomed\n", 1))
    world.add("segment_members", {"segment": "newcomers", "customer_id": "cat"})
    assert [(customer, to, cause) for customer, _, to, cause, _, _ in world.live(date(2026, 6, 2))] == [
        ("ann", "will_buy", "sent"), ("ann", "will_buy", "moved"), ("bob", "hello", "moved"),
        ("cat", "welcome", "entered"),
    ]  # fmt: skip
    world.deliver("bob", 2, "accepted", datetime(2026, 6, 2, 10))
    world.deliver("cat", 1, "accepted", datetime(2026, 6, 2, 10))
    assert [(customer, to, cause) for customer, _, to, cause, _, _ in world.live(date(2026, 6, 8))] == [
        ("ann", "branch_1", "timed_out"), ("ann", "call", "branched"), ("ann", "exit_2", "task_set"),
        ("ann", "exit", "ended"), ("bob", "will_buy", "sent"), ("cat", "exit_1", "sent"), ("cat", "exit", "ended"),
    ], "the clock of the wait went on"  # fmt: skip


def test_who_moves_into_a_new_version_goes_on_with_the_same_build(world: JourneyWorld) -> None:
    world.write_journey(CARE)
    world.live(date(2026, 6, 1))
    world.deliver("ann", 1, "accepted", datetime(2026, 6, 1, 10))
    longer = CARE.replace("version: 1", "version: 2").replace("  - wait: {until: purchase, at_most: 7d}\n", "")
    longer = longer.replace("    name: will_buy\n    then: thanks\n", "").replace(
        "  - branch:\n", "  - name: will_buy\n    branch:\n"
    )
    world.write_journey(longer)
    assert [(to, cause) for customer, _, to, cause, _, _ in world.live(date(2026, 6, 2)) if customer == "ann"] == [
        ("will_buy", "sent"), ("will_buy", "moved"), ("call", "branched"), ("exit_1", "task_set"), ("exit", "ended"),
    ]  # fmt: skip


def test_merged_customers_go_on_with_the_earlier_run_and_whoever_is_gone_leaves(world: JourneyWorld) -> None:
    world.write_journey(CARE)
    world.rows["segment_members"].pop()
    world.live(date(2026, 6, 1))
    world.add("segment_members", {"segment": "newcomers", "customer_id": "cat"})
    world.live(date(2026, 6, 2))
    world.rows["customers"] = [{"customer_id": "ann"}]
    world.rows["segment_members"] = [{"segment": "newcomers", "customer_id": "ann"}]
    world.add("customer_id_redirects", {"retired_customer_id": "cat", "customer_id": "ann"})
    seen = world.live(date(2026, 6, 3))
    assert [(customer, to, cause) for customer, _, to, cause, _, _ in seen] == [
        ("ann", "exit", "merged"), ("bob", "exit", "customer_gone"),
    ]  # fmt: skip
    assert world.dbt.query("select customer_id, entered_at::date from main.int_journey_runs where is_live") == [
        ("ann", date(2026, 6, 1))
    ]


def test_those_held_out_enter_for_the_comparison_and_nothing_else(world: JourneyWorld) -> None:
    world.write_journey(CARE.replace("holdout_percent: 0", "holdout_percent: 50"))
    for number in range(200):
        world.add("customers", {"customer_id": f"c{number}"})
        world.add("segment_members", {"segment": "newcomers", "customer_id": f"c{number}"})
    causes = [cause for *_, cause, _, _ in world.live(date(2026, 6, 1))]
    assert len(causes) == 203
    assert 70 < causes.count("held_out") < 133
    assert world.live(date(2026, 6, 2)) == []


def test_a_run_whose_step_is_nowhere_leaves_and_says_so(world: JourneyWorld) -> None:
    world.write_journey(CARE)
    world.live(date(2026, 6, 1))
    world.write_journey(CARE.replace("send: hello", "send: other_hello"))
    assert {(to, cause) for _, _, to, cause, _, _ in world.live(date(2026, 6, 2))} == {("exit", "step_missing")}
