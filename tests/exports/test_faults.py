"""A messaging tool that fails in every way: each message is accounted for exactly, and none goes out twice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from exports.delivery.deliver import deliver
from stores.operations import deliveries, delivery_batches, engine, reading, suppress, writing
from stores.operations.contact_permissions import Suppression
from stores.settings import Settings


@pytest.fixture
def states(settings: Settings) -> Callable[[], dict[str, int]]:
    def count() -> dict[str, int]:
        with reading(engine(settings)) as connection:
            counted = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
            return {row[0]: row[1] for row in counted}

    return count


@pytest.fixture
def twelve(settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any]) -> list[dict[str, Any]]:
    """A plan of twelve text messages: three batches."""
    rows = [row(number) for number in range(12)]
    publish_plan(rows)
    return rows


def one_at_a_time(settings: Settings, **changes: Any) -> Settings:
    webhook = settings.destinations["crm_webhook"] | {"concurrency": 1} | changes
    return settings.model_copy(update={"destinations": {"crm_webhook": webhook}})


@pytest.mark.usefixtures("twelve")
def test_a_wrong_key_stops_the_destination_and_nothing_is_lost(settings: Settings, tool: Any, now: datetime) -> None:
    wrong = one_at_a_time(settings, secret="whsec_d3Jvbmcga2V5IG9mIHRoZSB0ZXN0cw==")
    report = deliver(wrong, now)
    assert (report.sent, report.retry, report.stopped) == (0, 12, {"crm_webhook": "wrong_key"})
    assert tool.taken.total() == 0
    assert deliver(settings, now + timedelta(minutes=1)).sent == 12


@pytest.mark.usefixtures("twelve")
def test_too_many_requests_is_waited_for_when_short(settings: Settings, tool: Any, faults: Any, now: datetime) -> None:
    tool.faults = [faults.answering(429, {"retry-after": "0"})]
    assert deliver(one_at_a_time(settings), now).sent == 12
    assert len(tool.requests) == 4
    assert set(tool.taken.values()) == {1}


@pytest.mark.usefixtures("twelve")
def test_a_long_retry_after_is_kept_to(settings: Settings, tool: Any, faults: Any, now: datetime) -> None:
    tool.faults = [faults.answering(429, {"retry-after": "3600"})]
    report = deliver(one_at_a_time(settings), now)
    assert (report.sent, report.retry, report.stopped) == (0, 12, {"crm_webhook": "too_many_requests"})
    assert len(tool.requests) == 1
    soon = deliver(settings, now + timedelta(minutes=59))
    assert (soon.sent, soon.retry) == (7, 5)
    assert deliver(settings, now + timedelta(minutes=61)).sent == 5
    assert set(tool.taken.values()) == {1}


@pytest.mark.usefixtures("twelve")
@pytest.mark.parametrize("fault", ["500 after taking", "dropped after taking", "500 before taking", "dropped before"])
def test_a_lost_answer_leaves_the_batch_in_doubt_and_the_same_bytes_clear_it_up(
    settings: Settings, tool: Any, faults: Any, now: datetime, fault: str
) -> None:
    takes_first = "after taking" in fault
    make = faults.answering(500, takes_first=takes_first) if "500" in fault else faults.dropping(takes_first)
    tool.faults = [make]
    first = deliver(one_at_a_time(settings), now)
    assert (first.sent, first.unknown, first.retry) == (7, 5, 0)
    second = deliver(settings, now)
    assert (second.sent, second.sent_before, second.unknown) == (5, 7, 0)
    assert set(tool.taken.values()) == {1}
    assert tool.taken.total() == 12
    repeated = [bodies for bodies in tool.bodies.values() if len(bodies) > 1]
    assert len(repeated) == 1
    assert repeated[0][0] == repeated[0][1]


@pytest.mark.usefixtures("twelve")
def test_a_tool_that_loses_every_answer_does_not_put_the_whole_plan_in_doubt(
    settings: Settings, tool: Any, faults: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(number) for number in range(60)])
    tool.rule = faults.answering(503)
    report = deliver(one_at_a_time(settings), now)
    assert report.stopped == {"crm_webhook": "no_answer"}
    assert report.unknown <= 25
    assert report.unknown + report.retry == 60
    tool.rule = None
    assert deliver(settings, now).sent == 60
    assert set(tool.taken.values()) == {1}


@pytest.mark.usefixtures("twelve")
def test_what_is_in_doubt_beyond_the_tools_memory_stays_unknown(
    settings: Settings, tool: Any, faults: Any, now: datetime
) -> None:
    tool.faults = [faults.dropping(takes_first=True)]
    assert deliver(one_at_a_time(settings), now).unknown == 5
    with writing(engine(settings)) as connection:
        past = now - timedelta(hours=25)
        connection.execute(update(delivery_batches).values(first_attempt_at=past))
    assert deliver(settings, now).unknown == 5
    assert tool.taken.total() == 12


def test_nothing_in_doubt_is_sent_again_when_somebody_in_the_batch_unsubscribed(
    settings: Settings, tool: Any, faults: Any, twelve: list[dict[str, Any]], now: datetime
) -> None:
    tool.faults = [faults.dropping(takes_first=False)]
    deliver(one_at_a_time(settings), now)
    with writing(engine(settings)) as connection:
        lost = connection.execute(select(deliveries.c.identifier_token).where(deliveries.c.state == "unknown"))
        token = lost.scalars().first()
        suppress(connection, [Suppression("phone", token, "sms", "unsubscribed")], now)
    report = deliver(settings, now)
    assert (report.unknown, report.sent_before) == (5, 7)
    assert len(tool.requests) == 3


@pytest.mark.usefixtures("twelve")
def test_nothing_in_doubt_is_sent_again_in_quiet_hours(
    settings: Settings, tool: Any, faults: Any, now: datetime
) -> None:
    tool.faults = [faults.dropping(takes_first=False)]
    deliver(one_at_a_time(settings), now)
    assert deliver(settings, now.replace(hour=22)).unknown == 5
    assert len(tool.requests) == 3
    assert deliver(settings, now.replace(hour=20)).unknown == 0


def test_an_answer_by_message_is_taken_by_message(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    states: Callable[[], dict[str, int]],
) -> None:  # fmt: skip
    def partly(ids: list[str]) -> Any:
        kinds = ["accepted", "duplicate", "rejected", "retry"]
        return 200, {}, {"results": [{"delivery_id": i, "status": s} for i, s in zip(ids, kinds, strict=False)]}

    publish_plan([row(number) for number in range(5)])
    tool.faults = [partly]
    report = deliver(settings, now)
    assert (report.sent, report.refused, report.retry, report.unknown) == (2, {"rejected": 1}, 1, 1)
    assert states() == {"accepted": 2, "dead": 1, "queued": 1, "unknown": 1}


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_poison_message_is_found_by_halving_and_the_others_go(
    settings: Settings, tool: Any, faults: Any, twelve: list[dict[str, Any]], now: datetime, status: int
) -> None:
    poison: set[str] = set()

    def refuse(ids: list[str]) -> Any:
        if not poison:
            poison.add(ids[-1])  # whichever batch comes first, and it may be a small one
        return (status, {}, {}) if poison & set(ids) else (200, {}, None)

    tool.rule = refuse
    report = deliver(settings, now)
    assert (report.sent, report.refused) == (11, {f"refused_{status}": 1})
    assert set(tool.taken.values()) == {1}
    assert not poison & set(tool.taken)
    again = deliver(settings, now)
    assert (again.sent, again.sent_before) == (0, 11)


@pytest.mark.usefixtures("twelve")
def test_a_tool_that_refuses_everything_kills_no_message(
    settings: Settings, tool: Any, faults: Any, now: datetime
) -> None:
    tool.rule = faults.answering(400)
    report = deliver(settings, now)
    assert "refuses_everything" in report.stopped["crm_webhook"]
    # Batches are halved down to the message that is refused: of the seven answers before the stop, four at most were
    # about a single one, whichever batches came first.
    assert report.retry >= 12 - 4
    tool.rule = None
    assert deliver(settings, now + timedelta(hours=1)).sent == report.retry


@pytest.mark.usefixtures("twelve")
def test_a_tool_that_is_gone_is_not_asked_again_until_its_settings_change(
    settings: Settings, tool: Any, faults: Any, now: datetime
) -> None:
    tool.rule = faults.answering(410)
    single = one_at_a_time(settings)
    assert deliver(single, now).stopped == {"crm_webhook": "gone"}
    asked = len(tool.requests)
    report = deliver(single, now + timedelta(hours=1))
    assert report.held == {"destination_disabled": 12}
    assert len(tool.requests) == asked
    tool.rule = None
    moved = one_at_a_time(settings, url=tool.url + "/v2")
    assert deliver(moved, now + timedelta(hours=2)).sent == 12


@pytest.mark.usefixtures("twelve")
def test_a_tool_that_cannot_be_reached_gets_everything_later(settings: Settings, tool: Any, now: datetime) -> None:
    away = one_at_a_time(settings, url="http://127.0.0.1:9/nobody")
    report = deliver(away, now)
    assert (report.sent, report.unknown, report.retry) == (0, 0, 12)
    assert report.stopped == {"crm_webhook": "not_reached_ConnectError"}
    assert deliver(settings, now + timedelta(minutes=1)).sent == 12
    assert set(tool.taken.values()) == {1}


@pytest.mark.usefixtures("twelve")
def test_a_full_disk_leaves_pushes_to_be_sent(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1, channel="app_push")])
    settings.outbox.mkdir(parents=True)
    blocked = settings.outbox / "app_push"
    blocked.write_text("a file where the folder should be")
    report = deliver(settings, now)
    assert (report.retry, "cannot_write" in report.stopped["app_push_files"]) == (1, True)
    blocked.unlink()
    assert deliver(settings, now + timedelta(minutes=1)).sent == 1


def test_no_secret_or_number_is_in_the_log(
    settings: Settings, tool: Any, faults: Any, twelve: list[dict[str, Any]], now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    tool.faults = [faults.answering(500), faults.answering(429, {"retry-after": "0"}), faults.answering(400)]
    deliver(settings, now)
    secret = settings.destinations["crm_webhook"]["secret"]
    assert secret not in caplog.text
    assert secret.removeprefix("whsec_") not in caplog.text
    assert "+86138" not in caplog.text
