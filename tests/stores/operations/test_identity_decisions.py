"""Stewards' decisions: recorded, replaced, taken back, never contradicting each other, each in the audit log."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from stores import operations
from stores.errors import UserError
from stores.operations import Decided, Decision, audit_log
from stores.settings import Settings

NOON = datetime(2026, 6, 30, 12, 0)


class Desk:
    """A steward at an installation; each decision is a minute later."""

    def __init__(self, settings: Settings) -> None:
        self.store = operations.engine(settings)
        self.moment = NOON

    def decide(self, verdict: str, one: str, other: str, reason: str = "looked at it", by: str = "li") -> Decided:
        self.moment += timedelta(minutes=1)
        with operations.writing(self.store) as connection:
            return operations.decide(connection, verdict, one, other, reason=reason, by=by, moment=self.moment)

    def undo(self, decision: Decision, by: str = "wang") -> operations.Undone:
        self.moment += timedelta(minutes=1)
        with operations.writing(self.store) as connection:
            return operations.undo(connection, decision.decision_id, reason="mistake", by=by, moment=self.moment)

    def in_force(self) -> set[tuple[str, str, str]]:
        with operations.reading(self.store) as connection:
            rows = operations.list_decisions(connection, active_only=True)
        return {(row.decision, row.left_profile_id, row.right_profile_id) for row in rows}

    def audited(self) -> list[tuple[str, str]]:
        with operations.reading(self.store) as connection:
            return [tuple(row) for row in connection.execute(select(audit_log.c.actor, audit_log.c.action))]


@pytest.fixture
def desk(anywhere: Settings) -> Desk:
    return Desk(anywhere)


def test_a_decision_is_kept_with_who_why_and_when_and_told_to_the_audit_log(desk: Desk) -> None:
    made = desk.decide("join", "shop:2", "pos:1", reason=" same address ", by="li")
    assert made.is_new
    with operations.reading(desk.store) as connection:
        kept = operations.find_decision(connection, made.decision.decision_id)
        note = connection.execute(select(audit_log)).mappings().one()
    assert kept == made.decision
    assert (kept.left_profile_id, kept.right_profile_id) == ("pos:1", "shop:2")
    assert (kept.reason, kept.decided_by, kept.decided_at) == ("same address", "li", desk.moment)
    assert (note["actor"], note["action"], note["subject"]) == ("li", "join", kept.decision_id)
    assert note["detail"] == "join pos:1 shop:2: same address"


def test_the_same_decision_again_changes_nothing(desk: Desk) -> None:
    first = desk.decide("join", "shop:2", "pos:1")
    again = desk.decide("join", "pos:1", "shop:2", by="wang")
    assert not again.is_new
    assert again.decision == first.decision
    assert desk.audited() == [("li", "join")]


def test_of_two_contrary_decisions_on_a_pair_the_newest_is_in_force(desk: Desk) -> None:
    old = desk.decide("separate", "shop:2", "pos:1").decision
    new = desk.decide("join", "pos:1", "shop:2", by="wang")
    assert new.replaced is not None
    assert (new.replaced.decision_id, new.replaced.replaced_by) == (old.decision_id, new.decision.decision_id)
    assert desk.in_force() == {("join", "pos:1", "shop:2")}
    assert desk.audited() == [("li", "separate"), ("wang", "join"), ("wang", "replaced")]


def test_undo_keeps_the_row_and_brings_back_what_the_decision_had_replaced(desk: Desk) -> None:
    desk.decide("separate", "shop:2", "pos:1")
    new = desk.decide("join", "shop:2", "pos:1").decision
    undone = desk.undo(new)
    assert not undone.decision.is_active
    assert undone.restored is not None
    assert desk.in_force() == {("separate", "pos:1", "shop:2")}
    assert desk.audited()[-2:] == [("wang", "undo"), ("wang", "restored")]
    desk.undo(undone.restored)
    assert desk.in_force() == set()
    with operations.reading(desk.store) as connection:
        assert len(operations.list_decisions(connection)) == 2


def test_a_decision_is_taken_back_once(desk: Desk) -> None:
    made = desk.decide("join", "shop:2", "pos:1").decision
    desk.undo(made)
    with pytest.raises(UserError, match="was taken back before"):
        desk.undo(made)


def test_a_separation_cannot_contradict_what_other_decisions_hold_together(desk: Desk) -> None:
    first = desk.decide("join", "a:1", "b:1").decision
    desk.decide("join", "b:1", "c:1")
    with pytest.raises(UserError, match=f"contradicts decisions in force: {first.decision_id}"):
        desk.decide("separate", "c:1", "a:1")
    desk.undo(first)
    desk.decide("separate", "c:1", "a:1")
    with pytest.raises(UserError, match="Nothing was changed"):
        desk.decide("join", "a:1", "b:1")
    assert desk.in_force() == {("join", "b:1", "c:1"), ("separate", "a:1", "c:1")}


def test_undo_does_not_bring_back_what_has_become_a_contradiction(desk: Desk) -> None:
    desk.decide("separate", "a:1", "b:1")
    newer = desk.decide("join", "a:1", "b:1").decision
    desk.decide("join", "a:1", "c:1")
    desk.decide("join", "b:1", "c:1")
    with pytest.raises(UserError, match="contradicts"):
        desk.undo(newer)
    assert ("join", "a:1", "b:1") in desk.in_force()


@pytest.mark.parametrize(
    ("one", "other", "reason", "by", "words"),
    [
        ("a:1", "a:1", "why", "li", "is one profile"),
        ("a:1", "b:1", "  ", "li", "needs a reason"),
        ("a:1", "b:1", "why", "", "name of who decides"),
        ("a:1", "b:1", "why", "l" * 101, "at most 100"),
        ("a:1", "b:" + "1" * 200, "why", "li", "at most 200"),
    ],
)
def test_an_incomplete_decision_is_refused(desk: Desk, one: str, other: str, reason: str, by: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        desk.decide("join", one, other, reason, by)


def test_an_unknown_decision_cannot_be_undone(desk: Desk) -> None:
    with pytest.raises(UserError, match="no decision 'd_none'"), operations.writing(desk.store) as connection:
        operations.undo(connection, "d_none", reason="why", by="li", moment=NOON)


def test_decisions_can_be_listed_by_profile(desk: Desk) -> None:
    desk.decide("join", "a:1", "b:1")
    desk.decide("separate", "c:1", "d:1")
    with operations.reading(desk.store) as connection:
        found = operations.list_decisions(connection, profiles=["d:1", "x:1"])
    assert [row.left_profile_id for row in found] == ["c:1"]
