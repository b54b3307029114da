"""The example of a first message, done: the bookshop's customers hear from it, answer, and the ledger knows."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from stores.operations import deliveries, engine, reading
from stores.settings import PROJECT_ROOT, load_settings
from stores.warehouse import current_publication
from tests.testing.project_copy import DBT_PROJECT, project_with
from tests.testing.published_rows import open_rows

EXAMPLE = PROJECT_ROOT / "examples" / "first_message"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the example's folders laid over it, and its files in the landing folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    changes = {
        DBT_PROJECT: [(r"channels: \[[^\]]*\]", "channels: [bookshop, operations]")],
        ".dlt/config.toml": [
            (r"# demo = \d+", f"demo = {port}"),
            (r"\Z", f'\n[guanxi.links]\nbase_url = "http://127.0.0.1:{port}"\n'),
        ],
    }
    root = project_with(EXAMPLE, tmp_path_factory.mktemp("first_message") / "guanxi", changes)
    shutil.copytree(EXAMPLE / "landing", root / "data" / "landing")
    return root


@pytest.fixture(scope="module")
def environment(project: Path) -> dict[str, str]:
    """Of every command: its own project, at ten in the morning, when text messages may be sent."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    return {**kept, "PYTHONPATH": str(project), "GUANXI_NOW": f"{date.today()}T10:00:00", "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def receiver(project: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of a receiver that runs, and answers that everything was delivered."""
    arguments = [sys.executable, "-m", "orchestration.cli", "receiver", "--answer", "delivered"]
    running = subprocess.Popen(arguments, cwd=project, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        addresses = (re.search(r"http://\S+", line) for line in running.stdout)
        yield next(found.group() for found in addresses if found)
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=60)
        assert running.returncode == 0, said
    finally:
        running.kill()


def test_the_first_messages_are_received_answered_and_collected_and_who_got_none_reads_why(
    project: Path, environment: dict[str, str], receiver: str
) -> None:
    def guanxi(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=project, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return " ".join(done.stdout.split())

    guanxi("campaign", "approve", "first_message", "--by", "Lin Yue")
    assert "3 messages sent now" in guanxi("run")
    page = httpx.get(receiver, trust_env=False).text
    assert page.count("<article") == 3
    assert "【Harbour】Your reading list of the season is ready" in page
    assert "137****3001" in page
    assert "3 new events" in guanxi("receipts")
    settings = load_settings(project_root=project, home=project / "data")
    with reading(engine(settings)) as connection:
        assert connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state)).all() == [
            ("delivered", 3)
        ]
    publication = current_publication(settings)
    assert publication is not None
    with open_rows(publication.path) as rows:
        said = rows.execute(
            "select coalesce(reason, decision), count(*) from campaigns.campaign_plan group by all"
        ).fetchall()
    assert dict(said) == {
        "send": 3, "no_identifier": 3, "no_consent": 2, "other_channel_preferred": 1, "unsuitable_line": 1,
    }  # fmt: skip
    assert json.loads((settings.published / "current.json").read_text())["may_deliver"] is True
