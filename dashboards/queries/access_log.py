"""Looks at people: each search, each customer shown, each list taken away is written down; none as fast as a machine.

There is no sign-in yet, so the app as a whole is the actor and has one limit for all its windows.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from dashboards.queries.published_copy import settings
from serving.search_terms import Search
from stores import operations
from stores.operations import audit_log, record_access
from stores.operations.table_base import wall_clock

_ACTOR = "app"
_A = audit_log.c


class TooManyAccesses(Exception):
    """The limit is reached; nothing is shown until some time has passed."""


def note_search(search: Search) -> None:
    """Write down that somebody is searched for: by what kind of value, never the value.

    Args:
        search: what was asked for.

    Raises:
        TooManyAccesses: the limit is reached; that is written down too.
        UserError: the operations store cannot be reached, and what cannot be written down is not shown.
    """
    how = sorted({f"{lookup.how} {lookup.kind}".strip() for lookup in search.lookups}) or ["nothing"]
    _note("search", ", ".join(how))


def note_customer(customer_id: str) -> None:
    """Write down that a customer's page is opened.

    Args:
        customer_id: the customer, who exists.

    Raises:
        TooManyAccesses: the limit is reached; that is written down too.
        UserError: the operations store cannot be reached, and what cannot be written down is not shown.
    """
    _note("customer", customer_id)


def note_review(customer_ids: Collection[str]) -> None:
    """Write down that the profiles of customers are shown side by side, as one look at each of them.

    Args:
        customer_ids: the customers.

    Raises:
        TooManyAccesses: the limit is reached; that is written down too.
        UserError: the operations store cannot be reached, and what cannot be written down is not shown.
    """
    for customer_id in sorted(set(customer_ids)):
        _note("customer", customer_id, "identity review")


def note_export(key: str, customers: int, columns: Collection[str]) -> None:
    """Write down that a list of customers is taken away as a file.

    Args:
        key: which list.
        customers: how many are on it.
        columns: what it says of each.

    Raises:
        TooManyAccesses: the limit of looks is reached; that is written down too.
        UserError: the operations store cannot be reached, and what cannot be written down is not handed out.
    """
    _note("members", key, "member list", action="export", records=customers, detail=", ".join(columns))


def _note(
    subject_type: str,
    subject: str,
    purpose: str = "customer page",
    action: str = "view",
    records: int = 1,
    detail: str | None = None,
) -> None:
    current = settings()
    with operations.writing(operations.engine(current)) as connection:
        is_over = (
            _looks_since(connection, timedelta(minutes=1)) >= current.looks_per_minute
            or _looks_since(connection, timedelta(hours=1)) >= 10 * current.looks_per_minute
        )
        if not is_over or _refused_since(connection, timedelta(minutes=1)) == 0:
            record_access(
                connection,
                actor=_ACTOR,
                action="refuse" if is_over else action,
                subject_type=subject_type,
                subject=subject,
                purpose="search" if subject_type == "search" else purpose,
                records=0 if is_over or subject_type == "search" else records,
                moment=wall_clock(),
                detail="more looks than looks_per_minute allows" if is_over else detail,
            )
    if is_over:
        raise TooManyAccesses


def _looks_since(connection: Connection, span: timedelta) -> int:
    return _count(connection, ("view", "export"), wall_clock() - span)


def _refused_since(connection: Connection, span: timedelta) -> int:
    return _count(connection, ("refuse",), wall_clock() - span)


def _count(connection: Connection, actions: tuple[str, ...], since: datetime) -> int:
    # By `updated_at`, which has an index; rows of the audit log never change.
    statement = select(func.count()).where(_A.updated_at > since, _A.actor == _ACTOR, _A.action.in_(actions))
    return int(connection.scalar(statement) or 0)
