"""Stopping a campaign: from the next batch on nothing of it leaves, and what waits is cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, func, literal_column, select, text, update

from exports.definitions.approval import decide
from exports.definitions.campaign import Campaign
from stores import operations
from stores.operations import CLAIMED_STATES, campaign_approvals, deliveries
from stores.settings import Settings

REASON = "campaign_stopped"
_IN_ONE_STATEMENT = 20_000
_d = deliveries.c
# Literally, for the partial index.
_WAITS = text("deliveries.state in ('planned', 'held', 'queued')")


@dataclass(frozen=True)
class Stopped:
    """What was stopped.

    Attributes:
        cancelled: messages that waited, and do not any more.
        under_way: messages that are leaving at this moment, or of which nobody knows whether they left.
        left: messages that had left before.
    """

    cancelled: int
    under_way: int
    left: int


def stop_campaign(settings: Settings, campaign: Campaign, by: str, reason: str) -> Stopped:
    """Pause a campaign and cancel what waits of it.

    The pause is committed first: whoever is sending asks for it before each batch. Cancelled messages come back only
    when somebody approves the campaign again and a plan wants them.

    Args:
        settings: the installation.
        campaign: the campaign or journey.
        by: who stops it; kept with the decision and in the audit log.
        reason: why, in words.

    Raises:
        UserError: nobody is named.
    """
    decide(settings, campaign, "paused", by, reason)
    store = operations.engine(settings)
    mine = _d.campaign_id == campaign.campaign_id
    some = select(_d.delivery_id).where(mine, _WAITS).limit(_IN_ONE_STATEMENT).scalar_subquery()
    ended = {"state": "cancelled", "reason": REASON, "held_until": None}
    cancelled = 0
    # In parts, so that a delivery of other campaigns does not wait for all of them.
    while True:
        with operations.writing(store) as connection:
            count = connection.execute(
                update(deliveries).where(_d.delivery_id.in_(some), _WAITS).values(ended)
            ).rowcount
        if not count:
            break
        cancelled += count
    with operations.reading(store) as connection:
        under_way = _count(connection, mine, _d.state.in_(CLAIMED_STATES))
        left = _count(connection, mine, _d.accepted_at.is_not(None))
    return Stopped(cancelled, under_way, left)


def is_stopped() -> ColumnElement[bool]:
    """Condition on a row of `deliveries`: it was cancelled because its campaign was stopped, which still holds."""
    return (_d.reason == literal_column(f"'{REASON}'")) & exists().where(
        campaign_approvals.c.campaign_id == _d.campaign_id, campaign_approvals.c.decision == "paused"
    )


def _count(connection: Connection, *where: ColumnElement[bool]) -> int:
    return int(connection.scalar(select(func.count()).select_from(deliveries).where(*where)) or 0)
