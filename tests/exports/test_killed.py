"""kill -9 in the middle of sending, then a plain re-run."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from exports.delivery.deliver import deliver
from stores.operations import deliveries, engine, reading
from stores.settings import PROJECT_ROOT, Settings


@pytest.fixture
def start(settings: Settings, now: datetime) -> Callable[[], subprocess.Popen[str]]:
    """Start a delivery in a process of its own."""

    def deliver_apart() -> subprocess.Popen[str]:
        code = (
            "from datetime import datetime\n"
            "from exports.delivery.deliver import deliver\n"
            "from stores.settings import load_settings\n"
            f"settings = load_settings(home={str(settings.home)!r})\n"
            f"settings = settings.model_copy(update={{'destinations': {settings.destinations!r}}})\n"
            f"print(deliver(settings, datetime.fromisoformat({now.isoformat()!r})).sent)\n"
        )
        return subprocess.Popen(
            [sys.executable, "-c", code], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return deliver_apart


@pytest.mark.parametrize("takes", [True, False], ids=["taken", "not taken"])
@pytest.mark.parametrize("answered", [0, 1, 7])
def test_a_killed_delivery_is_finished_by_a_plain_rerun_with_every_message_sent_once(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    start: Callable[[], subprocess.Popen[str]], answered: int, takes: bool,
) -> None:  # fmt: skip
    publish_plan([row(number) for number in range(60)])
    killed = threading.Event()

    def hang(ids: list[str]) -> Any:
        if len(tool.requests) <= answered:
            return 200, {}, None
        with tool.received:
            tool.received.notify_all()
        assert killed.wait(60)
        return (200, {}, None) if takes else None

    tool.rule = hang
    process = start()
    with tool.received:
        assert tool.received.wait_for(lambda: len(tool.requests) > answered, timeout=60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with reading(engine(settings)) as connection:
        left = connection.execute(select(func.count()).where(deliveries.c.state == "sending")).scalar_one()
    assert left >= 5
    tool.rule = None
    killed.set()
    report = deliver(settings, now)
    assert report.sent + report.sent_before == 60
    assert len(tool.taken) == 60
    assert set(tool.taken.values()) == {1}
    with reading(engine(settings)) as connection:
        counted = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state)).all()
    assert counted == [("accepted", 60)]


def test_a_second_process_waits_and_finds_nothing_left_to_send(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any],
    start: Callable[[], subprocess.Popen[str]],
) -> None:  # fmt: skip
    publish_plan([row(number) for number in range(60)])
    together = [start() for _ in range(2)]
    sent = [process.communicate()[0].strip() for process in together]
    assert sorted(sent) == ["0", "60"]
    assert set(tool.taken.values()) == {1}
    assert len(tool.requests) == 12
