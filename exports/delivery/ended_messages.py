"""Messages that will never be sent: the plan refuses them now, their customer left, or they waited too long.

Only messages that certainly have not left end here. A customer who comes back into the audience is planned again where
the message was cancelled before anybody tried to send it; an expired message stays expired.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta

import pyarrow as pa
from sqlalchemy import Connection, Row, and_, bindparam, select, text, update

from exports.definitions.campaign import Campaign
from exports.policy.plan_obstacles import PLAN
from stores.duckdb_connection import open_published
from stores.operations import deliveries
from stores.warehouse import Publication

_d = deliveries.c
_KEY = ("campaign_id", "campaign_version", "step", "customer_id", "channel", "occurrence")
# Literally, for the partial index.
_WAITS = text("deliveries.state in ('planned', 'held', 'queued')")
_END = update(deliveries).where(_d.delivery_id == bindparam("key"), _WAITS)
_JUDGED = f"""
select
    left_over.delivery_id,
    bool_or(
        plan.occurrence = left_over.occurrence and plan.campaign_version = left_over.campaign_version
    ) as is_planned,
    any_value(plan.reason) filter (
        where plan.decision = 'refuse'
        and plan.occurrence = left_over.occurrence and plan.campaign_version = left_over.campaign_version
    ) as refusal,
    bool_or(plan.occurrence <> left_over.occurrence) as is_next_occurrence,
    bool_or(plan.campaign_version <> left_over.campaign_version) as is_other_version
from left_over
left join {PLAN} as plan
    on plan.campaign_id = left_over.campaign_id
    and plan.step = left_over.step
    and plan.customer_id = left_over.customer_id
    and plan.channel = left_over.channel
group by left_over.delivery_id
"""


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
    with closing(open_published(publication.path)) as connection:
        connection.register("left_over", table)
        judged = connection.execute(_JUDGED).fetchall()
    for delivery_id, is_planned, refusal, is_next_occurrence, is_other_version in judged:
        if refusal:
            yield {"key": delivery_id, "into": "cancelled", "why": refusal}
        elif is_planned:
            continue
        elif is_next_occurrence:
            yield {"key": delivery_id, "into": "expired", "why": "its_period_is_over"}
        elif is_other_version:
            yield {"key": delivery_id, "into": "cancelled", "why": "campaign_changed"}
        else:
            yield {"key": delivery_id, "into": "cancelled", "why": "left_the_audience"}


def come_back(connection: Connection, publication_id: str) -> None:
    """Let messages wait again that were cancelled untried and that the plan wants after all.

    Args:
        connection: a connection of `writing`, after the plan was noted.
        publication_id: the publication whose plan it is.
    """
    back = and_(_d.publication_id == publication_id, _d.state == "cancelled", _d.attempts == 0)
    connection.execute(update(deliveries).where(back).values(state="planned", reason=None))
