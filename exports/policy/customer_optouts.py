"""What a customer said by another identifier than the one that a message goes to, since the plan was made.

The plan refuses a customer whom any identifier refuses. Between plan and claim the ledger's own check sees only the
address of the message; here the other identifiers of its customer are looked up in the publication that the plan is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Connection, RowMapping, select

from exports.delivery.message_keys import Row
from exports.policy.late_answers import LateAnswers, refused_customers, unread_customers
from serving import identifiers
from serving.published_copy import PublishedCopy
from stores.operations import consents, suppressions
from stores.operations.contact_permissions import EVERY_CHANNEL
from stores.operations.table_base import wall_clock

_PROFILING = "profiling"
# A change may become visible a little after the moment that its row names: another writer had not committed yet.
_LATE = timedelta(minutes=5)
_ORDER = ("erased", "suppressed", "no_consent", "profiling_optout")
_NO_ANSWERS = LateAnswers()
_Said = tuple[str, str, str, str]


class CustomerOptouts:
    """Refusals by customer; it reads what is new each time it is asked to.

    Args:
        publication: the file of the publication whose plan is carried out.
        address_reasons: suppression reasons that concern one address only, not its owner.
        answers: what the channels that hold consents say now.
    """

    def __init__(self, publication: Path, address_reasons: frozenset[str], answers: LateAnswers = _NO_ANSWERS) -> None:
        self.publication = publication
        self.address_reasons = address_reasons
        self._read_until: datetime | None = None
        self._known: set[_Said] = set()
        self._refusals: dict[tuple[str, str, str], str] = {}
        for customer_id, channel, purpose in refused_customers(publication, answers):
            self._refuse(_closed(customer_id, channel, f"no {purpose}"))
        self._unread = unread_customers(publication, answers)

    def read(self, connection: Connection) -> None:
        """Take in what was said since the last time.

        Args:
            connection: a connection to the operations store.
        """
        since = self._since()
        said = [*self._withdrawals(connection, since), *self._suppressions(connection, since)]
        fresh = list(dict.fromkeys(each for each, _ in said if each not in self._known))
        newest = max((changed_at for _, changed_at in said), default=None)
        if newest is not None:
            self._read_until = max(newest, self._read_until or newest)
        self._known.update(fresh)
        for closed in self._customers(fresh):
            self._refuse(closed)

    def _since(self) -> datetime | None:
        """From which moment on rows are new; None where all must be read, the first time and after a clock set back."""
        if self._read_until is None or wall_clock() < self._read_until - _LATE:
            return None
        return self._read_until - _LATE

    def refusal(self, row: Row) -> str | None:
        """Why a message must not be sent to its customer, None when nothing speaks against it.

        Args:
            row: a message, with customer_id, channel and purpose.
        """
        asked = (
            (row["customer_id"], EVERY_CHANNEL, EVERY_CHANNEL),
            (row["customer_id"], row["channel"], EVERY_CHANNEL),
            (row["customer_id"], row["channel"], row["purpose"]),
        )
        reasons = [self._refusals[key] for key in asked if key in self._refusals]
        return min(reasons, key=_ORDER.index) if reasons else None

    def unread(self, row: Row) -> str | None:
        """The source that says whether its customer may be written to but could not be read, None when all were.

        Args:
            row: a message, with customer_id and channel.
        """
        customer = row["customer_id"]
        return self._unread.get((customer, row["channel"])) or self._unread.get((customer, EVERY_CHANNEL))

    def _refuse(self, closed: tuple[str, str, str, str]) -> None:
        *who, reason = closed
        key = (who[0], who[1], who[2])
        self._refusals[key] = min(reason, self._refusals.get(key, reason), key=_ORDER.index)

    def _withdrawals(self, connection: Connection, since: datetime | None) -> list[tuple[_Said, datetime]]:
        """What identifiers withdrew: (type, token, channel, what), and when the row changed."""
        c = consents.c
        statement = select(c.identifier_type, c.identifier_token, c.channel, c.purpose, c.updated_at)
        statement = statement.where(c.granted.is_(False))
        if since:
            statement = statement.where(c.updated_at > since)
        rows = connection.execute(statement).mappings()
        return [(_said(row, f"no {row['purpose']}"), row["updated_at"]) for row in rows]

    def _suppressions(self, connection: Connection, since: datetime | None) -> list[tuple[_Said, datetime]]:
        """Whose owners must not be written to: (type, token, channel, what), and when the row changed."""
        s = suppressions.c
        statement = select(s.identifier_type, s.identifier_token, s.channel, s.reason, s.updated_at)
        statement = statement.where(s.is_active, s.reason.not_in(self.address_reasons))
        if since:
            statement = statement.where(s.updated_at > since)
        rows = connection.execute(statement).mappings()
        return [
            (_said(row, "erased" if row["reason"] == "erased" else "suppressed"), row["updated_at"]) for row in rows
        ]

    def _customers(self, said: Sequence[_Said]) -> list[tuple[str, str, str, str]]:
        """Customers, channels and purposes that are closed by what was said, and why."""
        if not said:
            return []
        names = ("identifier_type", "identifier_value", "channel", "what")
        table = pa.table(dict(zip(names, map(list, zip(*said, strict=True)), strict=True)))
        with PublishedCopy(self.publication) as published:
            # Without the mart this fails, and nothing is sent: a missing table says nothing about anybody.
            found = identifiers.said_by(published, table)
        return [_closed(customer_id, channel, what) for customer_id, channel, what in found]


def _said(row: RowMapping, what: str) -> _Said:
    return row["identifier_type"], row["identifier_token"], row["channel"], what


def _closed(customer_id: str, channel: str, what: str) -> tuple[str, str, str, str]:
    """(customer, channel, purpose, reason); a star stands for all of them."""
    if what == "erased":
        return customer_id, EVERY_CHANNEL, EVERY_CHANNEL, "erased"
    if what == "suppressed":
        return customer_id, channel, EVERY_CHANNEL, "suppressed"
    if what == f"no {_PROFILING}":
        return customer_id, EVERY_CHANNEL, EVERY_CHANNEL, "profiling_optout"
    return customer_id, channel, what.removeprefix("no "), "no_consent"


def address_reasons_of(rows: Iterable[dict[str, str]]) -> frozenset[str]:
    """The suppression reasons that concern one address only; any other closes the person.

    Args:
        rows: of the seed `suppression_reasons`, which the campaign plan uses too.
    """
    return frozenset(row["reason"] for row in rows if row.get("scope") == "address")
