"""dbt commands as processes that start at once: forks of one server that a run starts early (`dbt_fork_server`)."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from orchestration.dbt.dbt_fork_server import HEADER
from stores.settings import PROJECT_ROOT

_END_SECONDS = 3


class DbtProcess:
    """A running dbt command, with what `subprocess.Popen` offers of it.

    Attributes:
        args: the command, as a message would show it.
        pid: of the process.
        stdout: what it prints, standard error included; None when it prints where it was told to.
        returncode: once it has ended; negative for a signal, as everywhere.
        peak_kib: the most memory it had, in KiB; 0 until it has ended.
    """

    def __init__(self, args: Sequence[str], report: int, stdout: IO[bytes] | None) -> None:
        self.args = list(args)
        self.stdout = stdout
        self.returncode: int | None = None
        self.peak_kib = 0
        self._report = os.fdopen(report, "rb", buffering=0)
        self._said = b""
        self._read(None, lines=1)
        self.pid = int(self._said.partition(b"\n")[0] or 0)

    def poll(self) -> int | None:
        """The exit code if it has ended."""
        self._read(0, lines=2)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not, after so many seconds.
        """
        self._read(timeout, lines=2)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None and self.pid:
            os.kill(self.pid, number)

    def _read(self, timeout: float | None, lines: int) -> None:
        """Read the server's report up to so many lines: the process id, then exit code and memory."""
        while self.returncode is None and self._said.count(b"\n") < lines:
            ready, _, _ = select.select([self._report], [], [], timeout)
            if not ready:
                return
            part = self._report.read(64)
            if not part:  # the server and the child are gone: killed
                self.returncode = -signal.SIGKILL
            self._said += part or b""
        if self.returncode is None and lines == 2:
            code, peak = self._said.split(b"\n")[1].split()
            self.returncode, self.peak_kib = int(code), int(peak)
        if self.returncode is not None:
            self._report.close()


class _Server:
    """The fork server of this process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "orchestration.dbt.dbt_fork_server", str(theirs.fileno())]
            self.process = subprocess.Popen(  # noqa: S603  a fixed command, from this checkout
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, cwd=PROJECT_ROOT
            )
        self.control = ours

    def send(self, request: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
        text = json.dumps(request).encode()
        socket.send_fds(self.control, [HEADER.pack(len(text))], list(descriptors))
        self.control.sendall(text)

    def close(self) -> None:
        self.control.close()
        try:  # by itself it gives back the semaphores of its dbt; killed, it leaves a warning about them
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait()


_server: _Server | None = None
_guard = threading.Lock()


def prepare(environment: Mapping[str, str], folder: Path) -> None:
    """Let the server make ready for commands with such an environment and folder, in the background."""
    with _guard:
        _send({"environment": dict(environment), "folder": str(folder)}, [])


def start(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, output: IO[Any] | int | None = None
) -> DbtProcess:
    """Start a dbt command.

    Args:
        arguments: dbt's own.
        environment: all of its variables.
        folder: its working folder.
        output: where it prints; None: `DbtProcess.stdout` gives it.
    """
    read, write = (None, output if isinstance(output, int) else output.fileno()) if output is not None else os.pipe()
    report_read, report_write = os.pipe()
    umask = os.umask(0o077)
    os.umask(umask)
    request = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "folder": str(folder),
        "umask": umask,
    }
    with Path(os.devnull).open("rb") as nothing:
        try:
            with _guard:
                _send(request, [nothing.fileno(), write, write, report_write])
        finally:
            os.close(report_write)
            if read is not None:
                os.close(write)
    return DbtProcess(["dbt", *arguments], report_read, os.fdopen(read, "rb") if read is not None else None)


def stop() -> None:
    """End the server; commands that run go on. The next command starts another one."""
    global _server
    with _guard:
        server, _server = _server, None
    if server:
        server.close()


def _send(request: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """Send to the server, to a new one if it was not started or was killed."""
    global _server
    if _server and _server.process.poll() is not None:
        _server.close()
        _server = None
    if _server is None:
        _server = _Server()
    _server.send(request, descriptors)


def _forget_in_child() -> None:
    """A forked process leaves the server to the one that started it."""
    global _server, _guard
    if _server:
        _server.control.close()
    _server, _guard = None, threading.Lock()


atexit.register(stop)
os.register_at_fork(after_in_child=_forget_in_child)
