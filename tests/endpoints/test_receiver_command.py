"""`guanxi receiver` as a command: what it says, and that Ctrl-C ends it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from exports.definitions.approval import Approval
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from orchestration.cli.receiver import _not_approved, chosen_event, receiver, refuse_demo
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_it_runs_without_configuration_until_ctrl_c(tmp_path: Path, taken_port: int) -> None:
    (tmp_path / "home").mkdir()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    arguments = ["receiver", "--home", str(tmp_path / "home"), "--port", str(port), "--answer", "delivered"]
    running = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
    )  # fmt: skip
    try:
        assert running.stdout is not None
        said = ""
        while f"guanxi run --home {tmp_path / 'home'}" not in said:
            line = running.stdout.readline()
            assert line, running.communicate()
            said += line
        assert f"http://127.0.0.1:{port}" in said
        assert "app_push_files" in said
        assert "crm_webhook" in said
        assert "not received" in said  # its own port is another one
        assert httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 0
    assert "Stopped" in rest
    assert errors == ""


def test_a_taken_port_is_said_in_one_line(tmp_path: Path, taken_port: int) -> None:
    (tmp_path / "home").mkdir()
    with pytest.raises(UserError, match=f"Port {taken_port} is in use"):
        receiver(tmp_path / "home", taken_port, "none")


def test_a_demo_answers_its_messages_itself(settings: Settings) -> None:
    (settings.home / "demo").mkdir(parents=True)
    with pytest.raises(UserError, match="is a demo"):
        refuse_demo(settings)


def test_an_answer_must_be_an_event_that_receipts_know() -> None:
    assert chosen_event("none", ("delivered",)) is None
    assert chosen_event("delivered", ("delivered", "opened")) == "delivered"
    with pytest.raises(UserError, match="none or one of delivered, opened, not 'shredded'"):
        chosen_event("shredded", ("delivered", "opened"))


def test_it_asks_for_an_approval_only_while_nothing_is_approved(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [one for one in load_campaigns(campaign_folder(settings)) if one.kind == "campaign"]
    both = [*own, own[0].model_copy(update={"campaign_id": "first_message"})]
    standing = {one.campaign_id: Approval("draft", "") for one in both}
    monkeypatch.setattr("exports.definitions.campaign_files.load_campaigns", lambda folder: both)
    monkeypatch.setattr("exports.definitions.approval.approvals", lambda settings, campaigns: standing)
    assert _not_approved(settings) == ["dormant_recall", "new_customer_welcome", "first_message"]
    standing["first_message"] = Approval("approved", "")
    assert _not_approved(settings) == []
