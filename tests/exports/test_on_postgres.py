"""The same deliveries with the ledger in PostgreSQL."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.registration import register
from exports.delivery.deliver import deliver
from exports.receipts.collect import collect
from stores.operations import campaigns, deliveries, engine, reading, suppress, suppressions, writing
from stores.operations.contact_permissions import Suppression
from stores.settings import Settings


@pytest.fixture
def settings(settings: Settings, new_postgres_database: str) -> Settings:
    """The installation of the other tests, with its operations store in PostgreSQL."""
    webhook = settings.destinations["crm_webhook"] | {"concurrency": 1}
    (settings.lake / "operations_record.json").unlink()  # as if SQLite had never been opened here
    changes = {"operations_url": new_postgres_database, "destinations": {"crm_webhook": webhook}}
    return settings.model_copy(update=changes)


def test_plan_faults_withdrawal_receipts_and_a_second_run_end_as_with_sqlite(
    settings: Settings, tool: Any, faults: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    register(settings, load_campaigns(campaign_folder(settings)))
    rows = [row(number) for number in range(22)]
    publish_plan([*rows, *[row(number, channel="app_push", customer_id=f"p{number}") for number in range(6)]])
    store = engine(settings)
    with writing(store) as connection:
        suppress(connection, [Suppression("phone", rows[0]["identifier_token"], "sms", "complained")], now)
    poison: set[str] = set()

    def refuse(ids: list[str]) -> Any:
        poison.update([] if poison else ids[:1])
        return (400, {}, {}) if poison & set(ids) else (200, {}, None)

    tool.faults = [None, faults.answering(500, takes_first=True)]
    tool.rule = refuse
    first = deliver(settings, now)
    assert (first.unknown, first.refused) == (5, {"suppressed": 1, "refused_400": 1})
    assert first.sent == 6 + 22 - 1 - 1 - 5
    second = deliver(settings, now)
    assert (second.sent, second.sent_before, second.unknown) == (5, 21, 0)
    assert set(tool.taken.values()) == {1}
    assert tool.taken.total() == 20
    (unhappy, happy, *_) = sorted(tool.taken)
    folder = settings.landing / "receipts"
    folder.mkdir(parents=True)
    lines = [
        {"event_id": f"{event}-{who}", "delivery_id": who, "event": event, "occurred_at": "2026-06-30T10:05:00+08:00"}
        for who, event in ((happy, "clicked"), (happy, "delivered"), (unhappy, "complained"), ("d_nobody", "sent"))
    ]
    (folder / "1.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    report = collect(settings)
    assert (report.events, report.rejected) == (3, 1)
    with reading(store) as connection:
        states = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state)).all()
        assert dict(map(tuple, states)) == {"accepted": 24, "delivered": 2, "dead": 1, "refused": 1}
        assert connection.execute(select(func.count()).select_from(suppressions)).scalar_one() == 2
        assert connection.execute(
            select(campaigns.c.campaign_id).where(campaigns.c.kind == "campaign").order_by(campaigns.c.campaign_id)
        ).scalars().all() == ["dormant_recall", "new_customer_welcome"]


def test_two_machines_that_deliver_together_share_the_plan_and_the_caps(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    publish_plan([row(number, occurrence=month) for number in range(20) for month in ("2026-05", "2026-06")])
    monkeypatch.setattr("exports.delivery.deliver.delivery_turn", lambda _: _no_turn())
    names = iter(["one", "two", "one"])
    monkeypatch.setattr("exports.delivery.deliver.installation", lambda _: next(names))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: deliver(settings, now), range(2)))
    assert tool.taken.total() == 20
    with reading(engine(settings)) as connection:
        states = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state)).all()
    assert dict(map(tuple, states)) == {"accepted": 20, "held": 20}
    assert deliver(settings, now + timedelta(hours=1)).held == {"frequency_cap": 20}


class _no_turn:  # reads as the function that it stands in for
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...
