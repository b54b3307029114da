"""`guanxi campaign stop`: nothing more leaves, what waits is cancelled, and every message is accounted for."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from exports.definitions.approval import decide
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.delivery.deliver import deliver
from exports.delivery.halt_campaign import Stopped, stop_campaign
from stores.operations import audit_log, deliveries, engine, reading
from stores.settings import Settings


def states(settings: Settings) -> Counter[tuple[str, str | None]]:
    d = deliveries.c
    with reading(engine(settings)) as connection:
        found = connection.execute(select(d.state, d.reason, func.count()).group_by(d.state, d.reason)).all()
    return Counter({(row[0], row[1]): row[2] for row in found})


def test_a_campaign_stopped_in_the_middle_of_a_delivery_sends_nothing_more_and_cancels_what_waits(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(number) for number in range(60)])
    stopped: list[Stopped] = []

    def stop(ids: list[str]) -> Any:
        if len(tool.requests) == 1:
            stopped.append(stop_campaign(settings, "dormant_recall", "Lin", "wrong offer"))
        return 200, {}, None

    tool.rule = stop
    webhook = settings.destinations["crm_webhook"] | {"concurrency": 1}
    report = deliver(settings.model_copy(update={"destinations": {"crm_webhook": webhook}}), now)
    # The batch that the tool was taking, and at most the two that were on their way behind it.
    assert report.sent == tool.taken.total() <= 15
    (said,) = stopped
    assert said.cancelled + said.under_way + said.left == 60
    assert said.cancelled >= 45
    assert deliver(settings, now).sent == 0
    kept = states(settings)
    assert kept["accepted", None] == report.sent
    assert kept["cancelled", "campaign_stopped"] == said.cancelled
    assert kept["held", "campaign_paused"] == 60 - report.sent - said.cancelled


def test_after_a_new_approval_the_stopped_messages_that_the_plan_wants_are_sent_once(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(number) for number in range(3)])
    (campaign,) = [one for one in load_campaigns(campaign_folder(settings)) if one.campaign_id == "dormant_recall"]
    decide(settings, campaign, "paused", "Lin")
    assert deliver(settings, now).held == {"campaign_paused": 3}
    assert stop_campaign(settings, "dormant_recall", "Lin", "wrong offer") == Stopped(cancelled=3, under_way=0, left=0)
    assert (deliver(settings, now).sent, states(settings)["cancelled", "campaign_stopped"]) == (0, 3)
    decide(settings, campaign, "approved", "Wang")
    assert deliver(settings, now).sent == 3
    assert set(tool.taken.values()) == {1}
    with reading(engine(settings)) as connection:
        detail = connection.scalars(select(audit_log.c.detail).where(audit_log.c.actor == "Lin")).all()
    assert detail[-1].endswith(": wrong offer")
