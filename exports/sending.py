"""Sending to one destination: several batches on the way at once, every answer written down by one thread."""

from __future__ import annotations

import itertools
import json
import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from exports.claim import Rules
from exports.destinations.base import Batch, Destination, Message, Reply, Status, every
from exports.ledger import Ledger
from exports.messages import Claimed, Row
from stores.errors import UserError
from stores.operations import deliveries

log = logging.getLogger(__name__)

_MOST_LOST_ANSWERS = 3
_MOST_REFUSALS = 8


class _NeverSentError(Exception):
    """A batch could not even be put together; the cause says why."""


class Sender:
    """One destination's turn.

    Args:
        ledger: where every step is written down.
        destination: where the messages go.
        rules: what the last look at each message needs to know.
    """

    def __init__(self, ledger: Ledger, destination: Destination, rules: Rules) -> None:
        self.ledger = ledger
        self.destination = destination
        self.rules = rules
        self._stop: str | None = None
        self._failure: BaseException | None = None
        self._halves: deque[Claimed] = deque()
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
        batches = itertools.chain(
            self.ledger.doubtful(self.destination, self.rules),
            self.ledger.claims(self.destination, publication_id, self.rules),
        )
        on_the_way: dict[Future[Reply], Claimed] = {}
        with ThreadPoolExecutor(self.destination.concurrency, thread_name_prefix=self.destination.name) as pool:
            while True:
                # One more than can be sent at once is claimed, so that no thread waits for the ledger.
                while len(on_the_way) <= self.destination.concurrency:
                    claimed = self._next(batches)
                    if claimed is None:
                        break
                    on_the_way[pool.submit(self._send, claimed)] = claimed
                if not on_the_way:
                    break
                for done in wait(on_the_way, return_when=FIRST_COMPLETED).done:
                    self._settle(on_the_way.pop(done), done)
        while self._halves:
            self.ledger.release(self._halves.popleft())
        if self._failure:
            raise self._failure
        return self._stop

    def _next(self, batches: Iterator[Claimed]) -> Claimed | None:
        if self._stop:
            return None
        return self._halves.popleft() if self._halves else next(batches, None)

    def _send(self, claimed: Claimed) -> Reply:
        if self._stop:
            raise _NeverSentError
        try:
            batch = Batch(claimed.batch_id, claimed.as_of, tuple(self._message(row) for row in claimed.rows))
        except UserError as bad:
            raise _NeverSentError from bad
        return self.destination.send(batch)

    def _message(self, row: Row) -> Message:
        to = row["identifier_token"]
        if self.destination.unseals and row["identifier_cipher"]:
            to = self.rules.keyring.unseal(row["identifier_type"], row["identifier_cipher"])
        return Message(
            delivery_id=row["delivery_id"],
            campaign_id=row["campaign_id"],
            campaign_version=row["campaign_version"],
            step=row["step"],
            channel=row["channel"],
            variant=row["variant"],
            to=to,
            content=json.loads(self.rules.keyring.unseal("payload", row["payload_cipher"])),
        )

    def _settle(self, claimed: Claimed, done: Future[Reply]) -> None:
        failure = done.exception()
        if isinstance(failure, _NeverSentError):
            self.ledger.release(claimed)
            if failure.__cause__ is not None:
                self._failure = failure.__cause__
                self._stop = self._stop or "cannot_be_put_together"
            return
        batch = Batch(claimed.batch_id, claimed.as_of, tuple(self._id_only(row) for row in claimed.rows))
        if failure is not None:
            log.error("%s failed on batch %s", self.destination.name, claimed.batch_id, exc_info=failure)
            reply = Reply(every(batch, Status.UNKNOWN, f"failed_{type(failure).__name__}"), stop="failed")
        else:
            reply = done.result()
        self._stop = self._stop or reply.stop
        if reply.disable:
            self.ledger.disable(self.destination, reply.stop or "gone")
        if reply.refused_whole:
            self._refused_whole(claimed, batch, reply)
            return
        self.ledger.settle(claimed, reply.outcomes)
        statuses = {outcome.status for outcome in reply.outcomes}
        self._accepted_any |= Status.ACCEPTED in statuses
        self._lost_answers = self._lost_answers + 1 if statuses == {Status.UNKNOWN} else 0
        if self._lost_answers >= _MOST_LOST_ANSWERS:
            # Going on would put every message of the plan in doubt.
            self._stop = self._stop or "no_answer"

    def _refused_whole(self, claimed: Claimed, batch: Batch, reply: Reply) -> None:
        self._refusals += 1
        reason = reply.outcomes[0].reason
        if claimed.repeat:
            self.ledger.settle(claimed, every(batch, Status.UNKNOWN, reason))
        elif not self._accepted_any and self._refusals >= _MOST_REFUSALS:
            # A peer that has refused everything so far is wrongly set up; the messages are not to blame.
            self._stop = self._stop or f"refuses_everything_{reason}"
            self.ledger.settle(claimed, every(batch, Status.NOT_SENT, reason))
        elif len(claimed.rows) > 1:
            self._halves.extend(self.ledger.split(claimed))
        else:
            self.ledger.settle(claimed, reply.outcomes)

    def _id_only(self, row: Row) -> Message:
        return Message(row["delivery_id"], row["campaign_id"], row["campaign_version"], row["step"], row["channel"],
                       row["variant"], "", {})  # fmt: skip
