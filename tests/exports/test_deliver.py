"""Carrying out the plan: what is sent, what is not, and that nothing is sent twice."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select

from exports.delivery.deliver import deliver
from stores.errors import UserError
from stores.operations import audit_log, deliveries, delivery_attempts, engine, reading, suppress, writing
from stores.operations.contact_permissions import Suppression
from stores.settings import Settings
from stores.warehouse import release_publication, write_gate_state, writer_lock
from tests.testing.vault_values import write_vault


def states(settings: Settings) -> dict[str, int]:
    with reading(engine(settings)) as connection:
        counted = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        return {row[0]: row[1] for row in connection.execute(counted)}


def adds_up(report: Any) -> bool:
    parts = report.sent + report.sent_before + report.unknown + report.retry
    return report.rows == parts + sum(report.held.values()) + sum(report.refused.values())


def test_every_planned_message_is_sent_once_however_often_it_is_run(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(n) for n in range(23)] + [row(n, channel="app_push", customer_id=f"p{n}") for n in range(7)])
    first = deliver(settings, now)
    assert (first.sent, first.planned, first.rows) == (30, 30, 30)
    assert first.by_destination["crm_webhook"]["sent"] == 23
    assert first.by_destination["app_push_files"]["sent"] == 7
    assert len(tool.taken) == 23
    second = deliver(settings, now)
    assert (second.sent, second.sent_before) == (0, 30)
    assert len(tool.requests) == 5
    assert adds_up(first)
    assert adds_up(second)


def test_the_tool_gets_the_clear_number_and_the_ledger_keeps_none(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(7)])
    deliver(settings, now)
    ((body,),) = tool.bodies.values()
    message = json.loads(body)["messages"][0]
    assert message["to"] == "+8613800000007"
    assert message["content"] == {
        "text": "【关系商城】好久不见，上海的老朋友专享满200减50，本月有效，到店或商城均可用。拒收请回复R",
        "parts": 1,
    }
    for path in settings.home.rglob("*"):
        if path.is_file():
            assert b"13800000007" not in path.read_bytes(), path


def test_every_unsealing_is_in_the_audit_log(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(n) for n in range(12)] + [row(n, channel="app_push", customer_id=f"p{n}") for n in range(7)])
    deliver(settings, now)
    with reading(engine(settings)) as connection:
        columns = select(audit_log.c.action, audit_log.c.purpose, audit_log.c.records)
        looks = connection.execute(columns.where(audit_log.c.actor == "exports.delivery.deliver")).all()
    assert sorted(looks) == [("unseal", "marketing", 2), ("unseal", "marketing", 5), ("unseal", "marketing", 5)]


def test_a_file_drop_has_fixed_columns_a_manifest_and_the_same_bytes_again(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(n, channel="app_push", customer_id=f"p{n}") for n in range(3)])
    deliver(settings, now)
    folder = settings.outbox / "app_push"
    (manifest_path,) = folder.glob("*.manifest.json")
    manifest = json.loads(manifest_path.read_text())
    data = (folder / manifest["file"]).read_bytes()
    assert (manifest["rows"], manifest["sha256"]) == (3, sha256(data).hexdigest())
    rows = list(csv.DictReader(data.decode().splitlines()))
    assert list(rows[0]) == ["delivery_id", "app_user_id", "title", "body", "campaign", "campaign_version", "variant"]
    assert {line["app_user_id"] for line in rows} == {"u_0", "u_1", "u_2"}
    with writing(engine(settings)) as connection:
        connection.execute(
            deliveries.update().values(state="sending", lease_owner="x/y", claimed_at=now - timedelta(hours=1))
        )
    assert deliver(settings, now).sent == 3
    assert [path.read_bytes() for path in folder.glob("*.csv")] == [data]


def test_what_the_plan_holds_and_refuses_is_counted_by_reason(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan(
        [
            row(1),
            row(2, decision="hold", reason="frequency_cap"),
            row(3, decision="refuse", reason="no_consent"),
            row(4, decision="refuse", reason="no_consent"),
        ]
    )
    report = deliver(settings, now)
    assert (report.rows, report.planned, report.sent) == (4, 1, 1)
    assert (report.held, report.refused) == ({"frequency_cap": 1}, {"no_consent": 2})
    assert adds_up(report)


def test_a_plan_of_another_day_is_not_sent(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)], as_of=date(2026, 6, 29))
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"as_of_not_today": 1}, [])


def test_nothing_is_sent_after_a_failed_gate_of_a_later_run(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)], run_id="morning")
    write_gate_state(settings, {"run_id": "noon", "outcome": "failed"})
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"gate_failed": 1}, [])
    write_gate_state(settings, {"run_id": "noon", "outcome": "passed"})
    assert deliver(settings, now).sent == 1


def test_a_preview_is_not_sent_until_somebody_releases_it(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)], may_deliver=False)
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"not_released": 1}, [])
    assert "guanxi campaign release" in report.obstacle
    with writer_lock(settings):
        assert release_publication(settings).may_deliver
    assert deliver(settings, now).sent == 1


def test_a_delivery_that_waited_for_its_turn_does_not_carry_out_what_a_preview_replaced_meanwhile(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    publish_plan([row(1)])

    @contextmanager
    def turn_that_comes_late(_: Settings) -> Iterator[None]:
        publish_plan([row(1), row(2)], may_deliver=False)
        yield

    monkeypatch.setattr("exports.delivery.deliver.delivery_turn", turn_that_comes_late)
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"not_released": 2}, [])


@pytest.mark.parametrize("word", [None, False, "true", 1])
def test_a_publication_that_does_not_clearly_say_so_may_not_be_delivered(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, word: Any
) -> None:
    publish_plan([row(1)])
    pointer = settings.published / "current.json"
    document = json.loads(pointer.read_text())
    del document["may_deliver"]
    pointer.write_text(json.dumps(document if word is None else {**document, "may_deliver": word}))
    assert deliver(settings, now).held == {"not_released": 1}
    assert tool.requests == []


def test_before_the_first_publication_there_is_nothing_to_send(settings: Settings) -> None:
    assert deliver(settings).publication_id is None


def test_text_messages_wait_for_the_morning_and_pushes_do_not(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(2, channel="app_push")])
    early = deliver(settings, now.replace(hour=8, minute=59))
    assert (early.sent, early.held, tool.requests) == (1, {"quiet_hours": 1}, [])
    assert adds_up(early)
    assert deliver(settings, now.replace(hour=9, minute=0)).sent == 1
    assert deliver(settings, now.replace(hour=21, minute=0)).sent == 0


def test_a_suppression_after_planning_stops_the_message(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    stopped = [row(1), row(2), row(3)]
    publish_plan([*stopped, row(4)])
    with writing(engine(settings)) as connection:
        suppress(
            connection,
            [
                Suppression("phone", stopped[0]["identifier_token"], "*", "erased"),
                Suppression("phone", stopped[1]["identifier_token"], "sms", "complained"),
                Suppression("phone", stopped[2]["identifier_token"], "email", "bounced"),
            ],
            now,
        )
    report = deliver(settings, now)
    assert (report.sent, report.refused) == (2, {"erased": 1, "suppressed": 1})
    assert len(tool.taken) == 2


def test_the_weekly_cap_holds_across_channels_and_frees_up_after_a_week(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    ordinary = [row(1), row(1, channel="app_push", occurrence="2026-05")]
    publish_plan(ordinary)
    report = deliver(settings, now)
    assert (report.sent, report.held) == (1, {"frequency_cap": 1})
    assert deliver(settings, now + timedelta(hours=9)).held == {"frequency_cap": 1}
    later = now + timedelta(days=7)
    publish_plan([plan | {"as_of": later.date()} for plan in ordinary], as_of=later.date())
    report = deliver(settings, later)
    assert (report.sent, report.sent_before) == (1, 1)


def test_a_high_value_customer_may_get_three_a_week(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    fields = json.dumps({"city": None, "days_since_purchase": 3, "value_tier": "high"})
    publish_plan([row(1, fields=fields, occurrence=f"2026-{month:02d}") for month in range(1, 6)])
    report = deliver(settings, now)
    assert (report.sent, report.held) == (3, {"frequency_cap": 2})


def test_a_step_that_the_campaign_file_does_not_have_has_no_template(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(2, step=2)])
    report = deliver(settings, now)
    assert (report.sent, report.refused | report.held) == (1, {"no_template": 1})


def test_two_customers_with_one_phone_get_one_message(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(1, customer_id="c_other")])
    report = deliver(settings, now)
    assert (report.sent, report.refused, len(tool.taken)) == (1, {"already_sent": 1}, 1)


def test_a_customer_gets_a_message_over_one_channel_only(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)])
    deliver(settings, now)
    publish_plan([row(1, channel="app_push")])
    assert deliver(settings, now).refused == {"already_sent": 1}


def test_a_message_without_identifier_is_refused_and_one_without_a_field_does_without(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1, fields="{}"), row(2, identifier_token=""), row(3)])
    report = deliver(settings, now)
    assert (report.sent, report.refused) == (2, {"no_identifier": 1})


def test_a_number_that_no_sms_reaches_is_refused_at_the_last_look_too(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    numbers = ["+862162130005", "+862162130005;ext=801", "+864008101234", "+8613711313007;ext=12", "+8613711313008"]
    publish_plan([row(n, phone=number) for n, number in enumerate(numbers, start=1)])
    report = deliver(settings, now)
    assert (report.sent, report.refused) == (1, {"unsuitable_line": 4})


def test_a_message_of_a_campaign_that_changed_since_is_held(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1, campaign_version=99), row(2, campaign_id="gone"), row(3)])
    report = deliver(settings, now)
    assert (report.sent, report.held) == (1, {"campaign_changed": 2})


def test_a_lost_key_stops_the_run_and_leaves_every_message_to_be_sent(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    rows = [row(n) for n in range(12)]
    publish_plan(rows)
    write_vault(settings, [(plan["identifier_token"], "phone", "k0.AAAA") for plan in rows])
    with pytest.raises(UserError, match="keyring"):
        deliver(settings, now)
    assert states(settings) == {"queued": 12}
    assert tool.requests == []
    with reading(engine(settings)) as connection:
        assert connection.execute(select(delivery_attempts)).all() == []
