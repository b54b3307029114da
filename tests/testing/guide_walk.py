"""A walk of a guide, done: its files are written, its settings made, its commands typed, as they stand there."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.testing.guide_chapter import Chapter, Step, set_in
from tests.testing.project_copy import copy_project

# Which file the settings of a language stand in.
_SETTINGS = {"yaml": "dbt_project/dbt_project.yml", "toml": ".dlt/config.toml"}
_PORT = "8701"


class Walk:
    """One reader who follows guides in a copy of the project, with a first window and a second one.

    What a guide says to be shown must have been said by the commands before it.

    Attributes:
        root: the copy.
    """

    def __init__(self, root: Path) -> None:
        self.root = copy_project(root)
        # Not where the home of the tests is; without dbt's data tests, for what is shown is the same.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
        own = {"PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
        self._environment = {**kept, **own, "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test test"}
        self._exports = ""
        self._said = ""
        self._receiver: subprocess.Popen[str] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = str(free.getsockname()[1])
        config = root / ".dlt" / "config.toml"
        config.write_text(config.read_text(encoding="utf-8").replace(f"# demo = {_PORT}", f"demo = {self._port}"))
        command = root / ".venv" / "bin" / "guanxi"
        command.parent.mkdir(parents=True)
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m orchestration.cli "$@"\n', encoding="utf-8")
        command.chmod(0o755)

    def follow(self, chapter: Chapter, until: str = "", since: str = "") -> None:
        """Do the steps of a chapter.

        Args:
            chapter: of a guide.
            until: the words in the step at which to stop; it is not done.
            since: the words in the step with which to begin.
        """
        steps = chapter.steps()
        first = _position(steps, since) if since else 0
        last = _position(steps, until) if until else len(steps)
        for step in steps[first:last]:
            self._do(step)

    def press(self, label: str, within: str) -> None:
        """Press a button below the first message on the receiver's page that has these words."""
        address = f"http://127.0.0.1:{self._port}"
        page = httpx.get(address, trust_env=False).text
        message = next(one for one in page.split("<article")[1:] if within in one)
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)">(?!\w)', message))
        event = re.search(rf'name="event" value="(\w+)">{label}<', message)
        assert event, message
        answered = httpx.post(f"{address}/-/answer", data=form | {"event": event[1]}, trust_env=False)
        assert answered.status_code < 400, answered.text

    def page(self) -> str:
        """The receiver's page."""
        return httpx.get(f"http://127.0.0.1:{self._port}", trust_env=False).text

    def close(self) -> None:
        """Close the second window."""
        if self._receiver:
            os.killpg(self._receiver.pid, signal.SIGINT)
            self._receiver.communicate(timeout=60)
            self._receiver = None

    def _do(self, step: Step) -> None:
        text = step.text.replace(_PORT, self._port)
        if step.file:
            file = self.root / step.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif step.language == "bash" and "guanxi receiver" in text:
            self._open_second_window(text)
        elif step.language == "bash":
            self._type(text)
        elif step.language == "text":
            said = [" ".join(line.split()) for line in self._said.splitlines()]
            for line in text.splitlines():
                assert any(" ".join(line.split()) in one for one in said), f"{line}\nwas not said:\n{self._said}"
        else:
            set_in(self.root / _SETTINGS[step.language], text)

    def _type(self, commands: str) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._exports + commands],
            cwd=self.root, env=self._environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, commands + done.stdout[-4000:] + done.stderr[-4000:]
        self._said = done.stdout
        self._exports += "".join(line + "\n" for line in commands.splitlines() if line.startswith("export "))

    def _open_second_window(self, commands: str) -> None:
        self.close()
        self._receiver = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.root, env=self._environment, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self._receiver.stdout is not None
        assert any("http://" in line for line in self._receiver.stdout), "the receiver says where its page is"


def _position(steps: list[Step], words: str) -> int:
    return next(number for number, step in enumerate(steps) if words in step.text)
