"""Sending to one destination: several batches on the way at once, every answer written down by one thread."""

from __future__ import annotations

import itertools
import json
import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from exports.delivery.ledger import Ledger
from exports.delivery.message_keys import Claimed, Row
from exports.delivery.open_address import is_sealed, open_address
from exports.delivery.unknown_deliveries import are_paused
from exports.destinations.destination import Batch, Destination, Message, Outcome, Reply, Status
from exports.policy.send_policy import SendPolicy
from stores import operations
from stores.errors import UserError
from stores.operations import deliveries

log = logging.getLogger(__name__)

_MOST_LOST_ANSWERS = 3
_MOST_REFUSALS = 8


class _NeverSentError(Exception):
    """A batch could not even be put together; the cause says why."""


class Dispatcher:
    """One destination's turn.

    Args:
        ledger: where every step is written down.
        destination: where the messages go.
        rules: what the last look at each message needs to know.
    """

    def __init__(self, ledger: Ledger, destination: Destination, rules: SendPolicy) -> None:
        self.ledger = ledger
        self.destination = destination
        self.rules = rules
        self._stop: str | None = None
        self._failure: BaseException | None = None
        self._ready: deque[Claimed] = deque()
        self._refusals = 0
        self._lost_answers = 0
        self._accepted_any = False

    def run(self, publication_id: str) -> str | None:
        """Send what is in doubt again where that is safe, then what is queued.

        Args:
            publication_id: the publication whose plan is carried out.

        Returns:
            Why it stopped early; None when everything was tried.

        Raises:
            UserError: the messages cannot be put together.
        """
        disabled = self.ledger.disabled_reason(self.destination)
        if disabled:
            here = deliveries.c.destination == self.destination.name
            self.ledger.hold(publication_id, here, "destination_disabled")
            return f"disabled: {disabled}"
        doubtful = ([claimed] for claimed in self.ledger.doubtful(self.destination, self.rules))
        claims = itertools.chain(doubtful, self.ledger.claims(self.destination, publication_id, self.rules))
        on_the_way: dict[Future[Reply], Claimed] = {}
        with ThreadPoolExecutor(self.destination.concurrency, thread_name_prefix=self.destination.name) as pool:
            while True:
                # One more than can be sent at once is on its way, so that no thread waits for the ledger.
                while len(on_the_way) <= self.destination.concurrency:
                    claimed = self._next(claims)
                    if claimed is None:
                        break
                    on_the_way[pool.submit(self._send, claimed)] = claimed
                if not on_the_way:
                    break
                self._claim_ahead(claims)
                done = wait(on_the_way, return_when=FIRST_COMPLETED).done
                answers = [self._read(on_the_way.pop(future), future) for future in done]
                self.ledger.record_outcomes([answer for answer in answers if answer])
        while self._ready:
            self.ledger.release(self._ready.popleft())
        if self._failure:
            raise self._failure
        return self._stop

    def _claim_ahead(self, claims: Iterator[list[Claimed]]) -> None:
        """Claim what leaves next while the peer works, so that neither waits for the other."""
        if not self._ready and not self._stop:
            self._ready.extend(next(claims, []))

    def _next(self, claims: Iterator[list[Claimed]]) -> Claimed | None:
        """The next batch to leave; what was paused since it was claimed is given back."""
        while not self._stop:
            while self._ready:
                claimed = self._ready.popleft()
                if not self._is_paused(claimed):
                    return claimed
                self.ledger.release(claimed)
            more = next(claims, None)
            if more is None:
                return None
            self._ready.extend(more)
        return None

    def _is_paused(self, claimed: Claimed) -> bool:
        with operations.reading(self.ledger.store) as connection:
            return are_paused(connection, claimed.rows)

    def _send(self, claimed: Claimed) -> Reply:
        if self._stop:
            raise _NeverSentError
        try:
            batch = Batch(claimed.batch_id, claimed.as_of, tuple(self._message(row) for row in claimed.rows))
        except UserError as bad:
            raise _NeverSentError from bad
        reply = self.destination.send(batch)
        if reply.stop:
            # Said here already, so that the next batch in this thread does not leave before the answer is read.
            self._stop = self._stop or reply.stop
        return reply

    def _message(self, row: Row) -> Message:
        to = row["identifier_token"]
        if self.destination.unseals and is_sealed(row):
            to = open_address(self.rules.keyring, row)
        return Message(
            delivery_id=row["delivery_id"],
            campaign_id=row["campaign_id"],
            campaign_version=row["campaign_version"],
            step=row["step"],
            channel=row["channel"],
            identifier_type=row["identifier_type"],
            variant=row["variant"],
            to=to,
            content=json.loads(self.rules.keyring.unseal("payload", row["payload_cipher"])),
        )

    def _read(self, claimed: Claimed, done: Future[Reply]) -> tuple[Claimed, list[Outcome]] | None:
        """What an answer means for its batch; None when there is nothing to settle."""
        failure = done.exception()
        if isinstance(failure, _NeverSentError):
            self.ledger.release(claimed)
            if failure.__cause__ is not None:
                self._failure = failure.__cause__
                self._stop = self._stop or "cannot_be_put_together"
            return None
        if failure is not None:
            log.error("%s failed on batch %s", self.destination.name, claimed.batch_id, exc_info=failure)
            outcomes = _all(claimed, Status.UNKNOWN, f"failed_{type(failure).__name__}")
            reply = Reply(outcomes, stop="failed")
        else:
            reply = done.result()
        self._stop = self._stop or reply.stop
        if reply.disable:
            self.ledger.disable(self.destination, reply.stop or "gone")
        if reply.refused_whole:
            return self._refused_whole(claimed, reply)
        statuses = {outcome.status for outcome in reply.outcomes}
        self._accepted_any |= Status.ACCEPTED in statuses
        self._lost_answers = self._lost_answers + 1 if statuses == {Status.UNKNOWN} else 0
        if self._lost_answers >= _MOST_LOST_ANSWERS:
            # Going on would put every message of the plan in doubt.
            self._stop = self._stop or "no_answer"
        return claimed, reply.outcomes

    def _refused_whole(self, claimed: Claimed, reply: Reply) -> tuple[Claimed, list[Outcome]] | None:
        self._refusals += 1
        reason = reply.outcomes[0].reason
        if claimed.repeat:
            return claimed, _all(claimed, Status.UNKNOWN, reason)
        if not self._accepted_any and self._refusals >= _MOST_REFUSALS:
            # A peer that has refused everything so far is wrongly set up; the messages are not to blame.
            self._stop = self._stop or f"refuses_everything_{reason}"
            return claimed, _all(claimed, Status.NOT_SENT, reason)
        if len(claimed.rows) > 1:
            self._ready.extendleft(reversed(self.ledger.split(claimed)))
            return None
        return claimed, reply.outcomes


def _all(claimed: Claimed, status: Status, reason: str | None) -> list[Outcome]:
    return [Outcome(row["delivery_id"], status, reason) for row in claimed.rows]
