"""Messages of the ledger that were not sent, read from the operations store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from dashboards.queries.published_copy import settings
from serving.rules import current_names
from stores import operations
from stores.operations import deliveries
from stores.reason_texts import Reasons

_DAYS = 30


@dataclass(frozen=True)
class Unsent:
    """How many messages are in a state for a reason."""

    state: str
    reason: str | None
    messages: int
    names: Reasons

    def state_in(self, language: str) -> str:
        """The state in the reader's language."""
        return self.names.in_words(self.state, language)

    def reason_in(self, language: str) -> str:
        """The reason in the reader's language; empty where there is none."""
        return self.names.in_words(self.reason, language)


def unsent() -> list[Unsent]:
    """What was planned within 30 days and waits, failed or will not be sent, most messages first.

    Raises:
        UserError: the operations store cannot be used.
    """
    current = settings()
    if not operations.exists(current):
        return []
    since = operations.utc(current.now()) - timedelta(days=_DAYS)
    d = deliveries.c
    counted = func.count()
    names = current_names(current)
    statement = (
        select(d.state, d.reason, counted)
        .where(d.state.not_in(names.states_that_are_ok), d.planned_at >= since)
        .group_by(d.state, d.reason)
        .order_by(counted.desc(), d.state, d.reason)
    )
    with operations.reading(operations.engine_to_read(current)) as connection:
        return [Unsent(row[0], row[1], row[2], names.reasons) for row in connection.execute(statement)]
