"""Halting a campaign: from the next batch on nothing of it leaves; stopping it cancels what waits, too.

Whoever must halt it at once need not put its files right before: the operations store knows what is queued.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, func, literal_column, select, text, update

from exports.definitions.approval import PAUSED, decide, find_campaign, name_of
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from stores import operations
from stores.errors import UserError
from stores.operations import CLAIMED_STATES, campaign_approvals, campaigns, deliveries
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
        mistake: what is wrong with the files of the campaign; empty where nothing is.
    """

    cancelled: int
    under_way: int
    left: int
    mistake: str = ""


def pause(settings: Settings, campaign_id: str, by: str, reason: str) -> str:
    """Pause a campaign or journey at once.

    Where its files cannot be read, or are gone, the operations store says that there is such a campaign, and the files
    of its last decision stay with the pause.

    Args:
        settings: the installation.
        campaign_id: the campaign or journey.
        by: who pauses it; kept with the decision and in the audit log.
        reason: why, in words.

    Returns:
        What is wrong with its files; empty where nothing is.

    Raises:
        UserError: nobody is named, or neither the files nor the operations store know the campaign.
    """
    who = name_of(by)
    try:
        campaign = find_campaign(load_campaigns(campaign_folder(settings), campaign_id), campaign_id)
        decide(settings, campaign, PAUSED, who, reason)
    except (UserError, OSError) as wrong:
        with operations.writing(operations.engine(settings)) as connection:
            if not _is_known(connection, campaign_id):
                raise
            _pause_as_it_was(connection, settings, campaign_id, who, reason)
        return str(wrong)
    return ""


def kind_of(settings: Settings, campaign_id: str) -> str | None:
    """What the operations store knows under that name: campaign or journey; None where it knows nothing."""
    with operations.reading(operations.engine_to_read(settings)) as connection:
        return connection.scalar(select(campaigns.c.kind).where(campaigns.c.campaign_id == campaign_id))


def stop_campaign(settings: Settings, campaign_id: str, by: str, reason: str) -> Stopped:
    """Pause a campaign and cancel what waits of it, also where its files have a mistake.

    The pause is committed first: whoever is sending asks for it before each batch. Cancelled messages come back only
    when somebody approves the campaign again and a plan wants them.

    Args:
        settings: the installation.
        campaign_id: the campaign or journey.
        by: who stops it; kept with the decision and in the audit log.
        reason: why, in words.

    Raises:
        UserError: nobody is named, or neither the files nor the operations store know the campaign.
    """
    mistake = pause(settings, campaign_id, by, reason)
    store = operations.engine(settings)
    mine = _d.campaign_id == campaign_id
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
    return Stopped(cancelled, under_way, left, mistake)


def is_stopped() -> ColumnElement[bool]:
    """Condition on a row of `deliveries`: it was cancelled because its campaign was stopped, which still holds."""
    return (_d.reason == literal_column(f"'{REASON}'")) & exists().where(
        campaign_approvals.c.campaign_id == _d.campaign_id, campaign_approvals.c.decision == "paused"
    )


def _count(connection: Connection, *where: ColumnElement[bool]) -> int:
    return int(connection.scalar(select(func.count()).select_from(deliveries).where(*where)) or 0)


def _is_known(connection: Connection, campaign_id: str) -> bool:
    """Whether anything was ever planned, decided or sent of it."""
    return any(
        connection.execute(select(table.c.campaign_id).where(table.c.campaign_id == campaign_id).limit(1)).first()
        for table in (campaigns, campaign_approvals, deliveries)
    )


def _pause_as_it_was(connection: Connection, settings: Settings, campaign_id: str, who: str, reason: str) -> None:
    a = campaign_approvals.c
    before = connection.execute(select(a.digest, a.files).where(a.campaign_id == campaign_id)).first()
    operations.decide_campaign(
        connection,
        campaign_id=campaign_id,
        decision=PAUSED,
        digest=before.digest if before else "",
        files=before.files if before else "{}",
        by=who,
        moment=settings.now(),
        reason=reason[:1000] or None,
    )
