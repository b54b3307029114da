"""Messages that will never be sent: the plan refuses them now, their customer left, or they waited too long.

Only messages that certainly have not left end here. A customer who comes back into the audience is planned again where
the message was cancelled before anybody tried to send it; an expired message stays expired.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pyarrow as pa
from sqlalchemy import Connection, Row, and_, bindparam, not_, select, text, update

from exports.definitions.campaign import Campaign
from exports.delivery.halt_campaign import is_stopped
from serving.campaign_plan import judge
from serving.published_copy import PublishedCopy
from stores.operations import deliveries
from stores.warehouse import Publication

_d = deliveries.c
_KEY = ("campaign_id", "campaign_version", "step", "customer_id", "channel", "occurrence")
# Literally, for the partial index.
_WAITS = text("deliveries.state in ('planned', 'held', 'queued')")
_END = update(deliveries).where(_d.delivery_id == bindparam("key"), _WAITS)


def end_messages(
    connection: Connection, publication: Publication, campaigns: Iterable[Campaign], now: datetime
) -> None:
    """End what waits and will not be sent any more; what the plan sends or holds goes on waiting.

    Args:
        connection: a connection of `writing`, after the plan was noted.
        publication: whose plan is carried out.
        campaigns: the campaigns, for how long their messages are good.
        now: the present moment, naive UTC.
    """
    for campaign in campaigns:
        late = and_(_d.campaign_id == campaign.campaign_id, _d.planned_at < now - timedelta(days=campaign.valid_days))
        ended = {"state": "expired", "reason": "waited_too_long", "held_until": None}
        connection.execute(update(deliveries).where(_WAITS, late).values(ended))
    left_over = connection.execute(
        select(_d.delivery_id, *(_d[name] for name in _KEY)).where(
            _WAITS, _d.publication_id != publication.publication_id
        )
    ).all()
    if left_over:
        ends = list(_ends(publication, left_over))
        if ends:
            connection.execute(_END.values(state=bindparam("into"), reason=bindparam("why"), held_until=None), ends)


def _ends(publication: Publication, left_over: Iterable[Row]) -> Iterable[dict[str, str]]:
    """How each message ends that today's plan does not carry on."""
    table = pa.Table.from_pylist([dict(row._mapping) for row in left_over])
    with PublishedCopy(publication.path) as published:
        judged = judge(published, table)
    for one in judged:
        if one.refusal:
            yield {"key": one.delivery_id, "into": "cancelled", "why": one.refusal}
        elif one.is_planned:
            continue
        elif one.is_next_occurrence:
            yield {"key": one.delivery_id, "into": "expired", "why": "its_period_is_over"}
        elif one.is_other_version:
            yield {"key": one.delivery_id, "into": "cancelled", "why": "campaign_changed"}
        else:
            yield {"key": one.delivery_id, "into": "cancelled", "why": "left_the_audience"}


def come_back(connection: Connection, publication_id: str) -> None:
    """Let messages wait again that were cancelled untried and that the plan wants after all.

    Those of a campaign that was stopped stay cancelled until it is approved again.

    Args:
        connection: a connection of `writing`, after the plan was noted.
        publication_id: the publication whose plan it is.
    """
    back = and_(_d.publication_id == publication_id, _d.state == "cancelled", _d.attempts == 0, not_(is_stopped()))
    connection.execute(update(deliveries).where(back).values(state="planned", reason=None))
