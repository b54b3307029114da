"""Stewards' decisions about identity: two source profiles are, or are not, the same person.

A decision is a row that stays. Taking it back makes it inactive; a contrary one on the same pair replaces it, and
taking that one back brings the older one into force again. What is in force never contradicts itself: two profiles
that decisions hold together, also through others, cannot be decided to be apart, and the other way round.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Boolean, CheckConstraint, Column, ColumnElement, Connection, Index, String, Table, Text, select

from stores.errors import UserError
from stores.operations.audit import record_access
from stores.operations.table_base import UtcDateTime, metadata, updated_at, utc

Verdict = Literal["join", "separate"]

_LONGEST_NAME = 100
_LONGEST_PROFILE = 200

identity_decisions = Table(
    "identity_decisions",
    metadata,
    Column("decision_id", String(40), primary_key=True),
    Column("decision", String(20), nullable=False),
    Column("left_profile_id", String(200), nullable=False),
    Column("right_profile_id", String(200), nullable=False),
    Column("reason", Text),
    Column("decided_by", String(100), nullable=False),
    # False when the steward took it back; the row stays, so that history can be told.
    Column("is_active", Boolean, nullable=False),
    # The newer decision on the same pair that made this one inactive; null when it was taken back by itself.
    Column("replaced_by", String(40)),
    Column("decided_at", UtcDateTime, nullable=False),
    updated_at(),
    CheckConstraint("decision in ('join', 'separate')", name="decision"),
    CheckConstraint("left_profile_id <> right_profile_id", name="two_profiles"),
    Index(None, "left_profile_id"),
    Index(None, "right_profile_id"),
)


@dataclass(frozen=True)
class Decision:
    """One row of `identity_decisions`.

    Attributes:
        decision_id: its key, `d_` and 12 hex digits.
        decision: join or separate.
        left_profile_id: the smaller source profile id of the two.
        right_profile_id: the other one.
        reason: why, in the steward's words.
        decided_by: who.
        is_active: whether it is in force.
        replaced_by: the newer decision that took its place, if one did.
        decided_at: when, naive UTC.
    """

    decision_id: str
    decision: str
    left_profile_id: str
    right_profile_id: str
    reason: str | None
    decided_by: str
    is_active: bool
    replaced_by: str | None
    decided_at: datetime


@dataclass(frozen=True)
class Decided:
    """What recording a decision did.

    Attributes:
        decision: the decision in force now.
        is_new: False when the same was in force already; then nothing was written.
        replaced: the contrary decision on the same pair that is no longer in force.
    """

    decision: Decision
    is_new: bool
    replaced: Decision | None = None


@dataclass(frozen=True)
class Undone:
    """What taking a decision back did.

    Attributes:
        decision: the decision that is no longer in force.
        restored: the older decision that it had replaced and that is in force again.
    """

    decision: Decision
    restored: Decision | None = None


def decide(
    connection: Connection, verdict: Verdict, one: str, other: str, *, reason: str, by: str, moment: datetime
) -> Decided:
    """Record that two source profiles are, or are not, the same person.

    A contrary decision on the same pair is replaced; the same one again changes nothing.

    Args:
        connection: a connection of `writing`.
        verdict: join or separate.
        one: a source profile id such as `shop:10023`.
        other: the other one; the order does not matter.
        reason: why, in words, without personal data.
        by: who decides.
        moment: when; aware, or naive UTC.

    Raises:
        UserError: one profile twice, no reason, no name, too long, or it contradicts decisions on other pairs.
    """
    _check(one, other, reason, by)
    left, right = sorted((one, other))
    active = list_decisions(connection, active_only=True)
    on_pair = [row for row in active if (row.left_profile_id, row.right_profile_id) == (left, right)]
    same = next((row for row in on_pair if row.decision == verdict), None)
    if same:
        return Decided(same, is_new=False)
    replaced = next(iter(on_pair), None)
    decision = Decision(
        f"d_{secrets.token_hex(6)}", verdict, left, right, reason.strip(), by.strip(), True, None, utc(moment)
    )
    _refuse_contradiction([*(row for row in active if row is not replaced), decision], decision)
    connection.execute(identity_decisions.insert(), vars(decision))
    _audit(connection, decision, verdict, by, reason, moment)
    if replaced:
        _set(connection, replaced.decision_id, is_active=False, replaced_by=decision.decision_id)
        _audit(connection, replaced, "replaced", by, f"replaced by {decision.decision_id}: {reason}", moment)
        replaced = find_decision(connection, replaced.decision_id)
    return Decided(decision, is_new=True, replaced=replaced)


def undo(connection: Connection, decision_id: str, *, reason: str, by: str, moment: datetime) -> Undone:
    """Take a decision back; the one that it had replaced is in force again.

    Args:
        connection: a connection of `writing`.
        decision_id: which.
        reason: why, in words, without personal data.
        by: who takes it back.
        moment: when; aware, or naive UTC.

    Raises:
        UserError: no such decision, it is not in force, or the older one would contradict decisions made since.
    """
    decision = find_decision(connection, decision_id)
    if not decision.is_active:
        how = f"was replaced by {decision.replaced_by}" if decision.replaced_by else "was taken back before"
        raise UserError(f"Decision {decision_id} is not in force: it {how}. Nothing was changed.")
    _check(decision.left_profile_id, decision.right_profile_id, reason, by)
    _set(connection, decision_id, is_active=False)
    _audit(connection, decision, "undo", by, reason, moment)
    rows = _rows(connection, identity_decisions.c.replaced_by == decision_id)
    older = next(iter(rows), None)
    if older:
        _set(connection, older.decision_id, is_active=True, replaced_by=None)
        older = find_decision(connection, older.decision_id)
        _refuse_contradiction(list_decisions(connection, active_only=True), older)
        _audit(connection, older, "restored", by, f"in force again, {decision_id} was taken back: {reason}", moment)
    return Undone(find_decision(connection, decision_id), older)


def find_decision(connection: Connection, decision_id: str) -> Decision:
    """The decision of that id.

    Raises:
        UserError: there is none.
    """
    found = _rows(connection, identity_decisions.c.decision_id == decision_id)
    if not found:
        raise UserError(f"There is no decision {decision_id!r}. `guanxi identity decisions` lists them.")
    return found[0]


def list_decisions(
    connection: Connection, *, active_only: bool = False, profiles: Sequence[str] | None = None
) -> list[Decision]:
    """Decisions, oldest first.

    Args:
        connection: of `reading` or `writing`.
        active_only: leave out those that are not in force.
        profiles: only those that are about one of these source profiles; None: all.
    """
    conditions: list[ColumnElement[bool]] = []
    if active_only:
        conditions.append(identity_decisions.c.is_active.is_(True))
    if profiles is not None:
        conditions.append(
            identity_decisions.c.left_profile_id.in_(profiles) | identity_decisions.c.right_profile_id.in_(profiles)
        )
    return _rows(connection, *conditions)


def held_together(decisions: Sequence[Decision], one: str, other: str) -> list[Decision]:
    """The joining decisions in force on a shortest way from one profile to the other; empty where there is none."""
    ways: dict[str, list[Decision]] = {one: []}
    reached = [one]
    joins = [row for row in decisions if row.is_active and row.decision == "join"]
    beside: dict[str, list[tuple[str, Decision]]] = {}
    for row in joins:
        beside.setdefault(row.left_profile_id, []).append((row.right_profile_id, row))
        beside.setdefault(row.right_profile_id, []).append((row.left_profile_id, row))
    for profile in reached:  # grows while it is walked
        for neighbour, row in beside.get(profile, []):
            if neighbour not in ways:
                ways[neighbour] = [*ways[profile], row]
                reached.append(neighbour)
    return ways.get(other, [])


def _refuse_contradiction(decisions: list[Decision], newest: Decision) -> None:
    """A profile pair cannot be apart and, through others, together: what would be built then is anybody's guess."""
    groups = _groups(decisions)
    for row in decisions:
        if row.decision != "separate" or not _share(groups, row):
            continue
        way = held_together(decisions, row.left_profile_id, row.right_profile_id)
        others = [one for one in (row, *way) if one.decision_id != newest.decision_id]
        listed = ", ".join(
            f"{one.decision_id} ({one.left_profile_id} {one.decision} {one.right_profile_id})" for one in others
        )
        raise UserError(
            f"To {newest.decision} {newest.left_profile_id} and {newest.right_profile_id} contradicts decisions in "
            f"force: {listed}. Nothing was changed; undo one of them first."
        )


def _share(groups: dict[str, str], row: Decision) -> bool:
    return row.left_profile_id in groups and groups[row.left_profile_id] == groups.get(row.right_profile_id)


def _groups(decisions: list[Decision]) -> dict[str, str]:
    """The profiles that joining decisions hold together, each with one name for its group."""
    leader: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for row in decisions:
        if row.decision != "join":
            continue
        left, right = (leader.setdefault(one, one) for one in (row.left_profile_id, row.right_profile_id))
        if left == right:
            continue
        small, large = sorted((left, right), key=lambda one: len(members.get(one, ())))
        moved = members.pop(small, [small])
        members.setdefault(large, [large]).extend(moved)
        leader.update(dict.fromkeys(moved, large))
    return leader


def _check(one: str, other: str, reason: str, by: str) -> None:
    if one == other:
        raise UserError(f"{one} is one profile: a decision is about two different ones.")
    if any(len(profile) > _LONGEST_PROFILE for profile in (one, other)):
        raise UserError(f"A source profile id has at most {_LONGEST_PROFILE} characters.")
    if not reason.strip():
        raise UserError("A decision needs a reason: say why with --why.")
    if not by.strip() or len(by.strip()) > _LONGEST_NAME:
        raise UserError(f"A decision needs the name of who decides, with at most {_LONGEST_NAME} characters: --by.")


def _rows(connection: Connection, *conditions: Any) -> list[Decision]:
    columns = [identity_decisions.c[name] for name in Decision.__dataclass_fields__]
    query = select(*columns).where(*conditions)
    query = query.order_by(identity_decisions.c.decided_at, identity_decisions.c.decision_id)
    return [Decision(**row) for row in connection.execute(query).mappings()]


def _set(connection: Connection, decision_id: str, **values: Any) -> None:
    statement = identity_decisions.update().where(identity_decisions.c.decision_id == decision_id)
    connection.execute(statement.values(**values))


def _audit(connection: Connection, decision: Decision, action: str, by: str, reason: str, moment: datetime) -> None:
    record_access(
        connection,
        actor=by.strip(),
        action=action,
        subject_type="identity_decision",
        subject=decision.decision_id,
        purpose="stewardship",
        records=2,
        moment=moment,
        detail=f"{decision.decision} {decision.left_profile_id} {decision.right_profile_id}: {reason.strip()}",
    )
