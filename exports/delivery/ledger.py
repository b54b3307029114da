"""The delivery state machine: what may happen to a message, and in which order it is written down.

Nothing leaves before the row that says so is committed. A message that may have left is never put back into the queue;
it is sent again only where the peer recognises a repetition, otherwise it stays unknown.
"""

from __future__ import annotations

import functools
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, case, func, or_, select, text, update

from exports.delivery.check_and_claim import claim, note_batch
from exports.delivery.message_keys import Claimed, Row, batch_id, planned
from exports.delivery.unknown_deliveries import claim_again, mark_interrupted, record_attempts, repeatable_batches
from exports.destinations.destination import Destination, Outcome, Status
from exports.policy.send_policy import SendPolicy
from stores import operations
from stores.keyring import Keyring
from stores.operations import CLAIMED_STATES, WAITING_STATES, deliveries, destination_states
from stores.operations.table_base import wall_clock
from stores.redaction.text_redaction import redact_line

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 10
_PAUSES = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
_REFRESHED = (
    "destination", "identifier_type", "identifier_token", "template", "fields", "variant",
    "purpose", "cap_class", "priority", "value_score",
)  # fmt: skip
_IN_ONE_STATEMENT = 5_000
_LONGEST_REASON = 199  # the column holds 200, and the sign that something was cut off is one
_POSTGRES_LOCK = 4_703_921_002
_STATES = {Status.ACCEPTED: "accepted", Status.REJECTED: "dead", Status.UNKNOWN: "unknown"}
_d = deliveries.c


@dataclass
class Ledger:
    """Writes the state machine's steps into the operations store, each in one transaction.

    Attributes:
        store: the operations store.
        installation: names the installation; its other processes' leases count as dead, because whoever sends holds
            the installation's delivery lock.
        process: names this process within the installation.
        clock: the present moment, aware.
    """

    store: Engine
    installation: str
    process: str
    clock: Callable[[], datetime]

    @property
    def owner(self) -> str:
        """Who holds the leases that this ledger takes."""
        return f"{self.installation}/{self.process}"

    def now(self) -> datetime:
        """The present moment as naive UTC."""
        return operations.utc(self.clock())

    @contextmanager
    def _writing(self, is_noted: bool = True) -> Iterator[Connection]:
        """A transaction in which no other ledger writes, so that caps hold between machines too."""
        with operations.writing(self.store, is_noted) as connection:
            if connection.dialect.name == "postgresql":
                # SQLite has one writer anyway.
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
            yield connection

    def plan(self, rows: Iterable[Row], publication_id: str, as_of: date, keyring: Keyring) -> None:
        """Note what is to be sent. Planning a message again changes nothing of one that has begun to move.

        Args:
            rows: `send` rows of the plan.
            publication_id: the publication that they come from.
            as_of: its day.
            keyring: makes the delivery ids.
        """
        now = self.now()
        values = [planned(row, publication_id, as_of, now, keyring) for row in rows]
        if not values:
            return
        with self._writing() as connection:
            statement = operations.insert(connection, deliveries)
            untried = and_(_d.attempts == 0, or_(*(_d.state == state for state in WAITING_STATES)))
            fresh = {name: case((untried, statement.excluded[name]), else_=_d[name]) for name in _REFRESHED}
            always = ("publication_id", "as_of", "updated_at")
            statement = statement.on_conflict_do_update(
                index_elements=["dedupe_key"],
                set_={**fresh, **{name: statement.excluded[name] for name in always}},
                where=_d.publication_id != statement.excluded.publication_id,
            )
            connection.execute(statement, values)

    def hold(self, publication_id: str, where: Any, reason: str) -> None:
        """Hold back, until the next run, what waits and fits a condition.

        Args:
            publication_id: only messages of this publication's plan.
            where: a condition on `deliveries`.
            reason: why.
        """
        waiting = update(deliveries).where(_d.publication_id == publication_id, _d.state.in_(WAITING_STATES), where)
        with self._writing() as connection:
            connection.execute(waiting.values(state="held", reason=reason, held_until=None))

    def queue(self, publication_id: str) -> None:
        """Let through what is planned, and what was held until now."""
        over = or_(_d.held_until.is_(None), _d.held_until <= self.now())
        waiting = update(deliveries).where(_d.publication_id == publication_id, _d.state.in_(("planned", "held")), over)
        with self._writing() as connection:
            connection.execute(waiting.values(state="queued", reason=None, held_until=None))

    def claims(self, destination: Destination, publication_id: str, rules: SendPolicy) -> Iterator[list[Claimed]]:
        """The batches of a destination, claimed and committed a few at a time.

        What is not sent must be given back with `release`.

        Args:
            destination: where they go.
            publication_id: only messages of this publication's plan.
            rules: what the last look at each message needs to know.
        """
        looked_at = 1
        while looked_at:
            with self._writing() as connection:
                batches, looked_at = claim(
                    connection,
                    rules,
                    destination=destination.name,
                    publication_id=publication_id,
                    batch_size=destination.batch_size,
                    batches=destination.concurrency,
                    owner=self.owner,
                    now=self.now(),
                )
                for claimed in batches if destination.unseals else ():
                    self._note_unsealing(connection, claimed)
            yield batches

    def doubtful(self, destination: Destination, rules: SendPolicy) -> Iterator[Claimed]:
        """The batches in doubt that may be sent again, each claimed and committed when it is asked for.

        What an earlier, killed run left in the middle of sending is in doubt too. What may not be sent again stays
        `unknown`.

        Args:
            destination: where they went.
            rules: say which channels are quiet now.
        """
        now = self.now()
        with self._writing() as connection:
            mark_interrupted(connection, destination.name, self.installation, self.owner, now)
            repeatable = repeatable_batches(connection, destination, now)
        for name in repeatable:
            with self._writing() as connection:
                claimed = claim_again(connection, name, rules, self.owner, now)
                if claimed and destination.unseals:
                    self._note_unsealing(connection, claimed)
            if claimed:
                yield claimed

    def record_outcomes(self, answers: Iterable[tuple[Claimed, Sequence[Outcome]]]) -> None:
        """Write down what became of batches; a message that a receipt has moved on keeps its state.

        Args:
            answers: batches, each with one outcome for each of its messages.
        """
        with self._writing(is_noted=False) as connection:  # in a copy of before this they are on their way: safe
            for claimed, outcomes in answers:
                self._settle(connection, claimed, outcomes)

    def _settle(self, connection: Connection, claimed: Claimed, outcomes: Sequence[Outcome]) -> None:
        now = self.now()
        attempts = {row["delivery_id"]: row["attempts"] for row in claimed.rows}
        groups: dict[tuple[str, str | None, datetime | None], list[str]] = defaultdict(list)
        for outcome in outcomes:
            groups[_next(claimed, outcome, attempts[outcome.delivery_id], now)].append(outcome.delivery_id)
        for (state, reason, next_attempt_at), ids in groups.items():
            values: dict[str, Any] = {"state": state, "reason": reason, "lease_owner": None}
            if state == "accepted":
                values["accepted_at"] = now
            if state in ("queued", "dead"):
                # Proven not sent: its place under the cap is free again.
                values |= {"slot_at": None, "batch_id": None, "next_attempt_at": next_attempt_at}
            for some in _portions(ids, len(claimed.rows)):
                mine = _d.batch_id == claimed.batch_id
                if some:
                    mine = and_(mine, _d.delivery_id.in_(some))
                record_attempts(connection, mine, state, reason, now)
                connection.execute(update(deliveries).where(mine, _d.state.in_(CLAIMED_STATES)).values(values))

    def split(self, claimed: Claimed) -> list[Claimed]:
        """Halve a batch that the peer refused whole, before either half leaves."""
        middle = len(claimed.rows) // 2
        now = self.now()
        halves = []
        with self._writing() as connection:
            for rows in (claimed.rows[:middle], claimed.rows[middle:]):
                name = batch_id(row["delivery_id"] for row in rows)
                ids = [row["delivery_id"] for row in rows]
                note_batch(connection, name, rows, now)
                mine = and_(_d.delivery_id == bindparam("key"), _d.batch_id == claimed.batch_id)
                connection.execute(update(deliveries).where(mine).values(batch_id=name), [{"key": key} for key in ids])
                halves.append(Claimed(name, claimed.as_of, rows))
        return halves

    def release(self, claimed: Claimed) -> None:
        """Give back a batch that was claimed and then not even tried."""
        values: dict[str, Any] = {"lease_owner": None, "attempts": _d.attempts - 1}
        if claimed.repeat:
            values["state"] = "unknown"
        else:
            values |= {"state": "queued", "slot_at": None, "batch_id": None}
        mine = and_(_d.batch_id == claimed.batch_id, _d.state == "sending")
        with self._writing() as connection:
            connection.execute(update(deliveries).where(mine).values(values))

    def count(self, publication_id: str) -> Counter[tuple[str, str, str]]:
        """How many messages of a publication's plan are in which (destination, state, reason)."""
        statement = (
            select(_d.destination, _d.state, func.coalesce(_d.reason, ""), func.count())
            .where(_d.publication_id == publication_id)
            .group_by(_d.destination, _d.state, _d.reason)
        )
        with operations.reading(self.store) as connection:
            counted: Counter[tuple[str, str, str]] = Counter()
            for row in connection.execute(statement):
                counted[row[0], row[1], row[2]] = row[3]
            return counted

    def disable(self, destination: Destination, reason: str) -> None:
        """Note that a destination is gone for good; with other settings it counts as new."""
        values = {"fingerprint": destination.fingerprint, "reason": reason, "disabled_at": self.now()}
        with self._writing() as connection:
            statement = operations.insert(connection, destination_states)
            statement = statement.on_conflict_do_update(
                index_elements=["destination"], set_={**values, "updated_at": wall_clock()}
            )
            connection.execute(statement, {"destination": destination.name, **values})

    def disabled_reason(self, destination: Destination) -> str | None:
        """Why a destination must not be used; None when it may."""
        s = destination_states.c
        statement = select(s.reason).where(s.destination == destination.name, s.fingerprint == destination.fingerprint)
        with operations.reading(self.store) as connection:
            return connection.scalar(statement)

    def _note_unsealing(self, connection: Connection, claimed: Claimed) -> None:
        operations.record_access(
            connection,
            actor="exports.delivery.deliver",
            action="unseal",
            subject_type="batch",
            subject=claimed.batch_id,
            purpose=", ".join(sorted({row["purpose"] for row in claimed.rows})),
            records=len(claimed.rows),
            moment=self.now(),
            detail=", ".join(sorted({row["campaign_id"] for row in claimed.rows})),
        )


def _next(claimed: Claimed, outcome: Outcome, attempts: int, now: datetime) -> tuple[str, str | None, datetime | None]:
    """State, reason and time of the next try that an outcome leads to."""
    reason = _redacted(outcome.reason) if outcome.reason else None
    if outcome.status is not Status.NOT_SENT:
        return _STATES[outcome.status], reason, None
    if claimed.repeat:
        # A repetition that did not get through proves nothing about the first try.
        return "unknown", reason, None
    if attempts >= MOST_ATTEMPTS:
        return "dead", reason, None
    wait = outcome.retry_after if outcome.retry_after is not None else _PAUSES[min(attempts, len(_PAUSES)) - 1]
    return "queued", reason, now + wait


@functools.lru_cache(maxsize=1_000)
def _redacted(reason: str) -> str:
    """A peer's words as they may be kept: it may repeat the number that it was given."""
    return redact_line(reason, _LONGEST_REASON)


def _portions(ids: list[str], whole: int) -> Iterator[list[str]]:
    """Ids in portions that fit one statement; one empty portion when they are the whole batch, which needs no list."""
    if len(ids) == whole:
        yield []
    else:
        for start in range(0, len(ids), _IN_ONE_STATEMENT):
            yield ids[start : start + _IN_ONE_STATEMENT]
