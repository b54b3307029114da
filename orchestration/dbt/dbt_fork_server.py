"""The process from which dbt commands are forked: dbt is imported, the project's parse is loaded once for all of them.

`python -m orchestration.dbt.dbt_fork_server NUMBER` serves the socket with that descriptor until the other end is
closed; `orchestration.dbt.dbt_process` starts it. It has one thread and opens no database, so that a fork of it is
safe. Each command runs in a child with arguments, environment, folder and standard streams of its own, and takes its
own lock on the warehouse. Children finish their work when the server or the run is killed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import struct
import sys
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from orchestration.dbt.dbt_child import PARSED, read_parse, run_dbt
from orchestration.dbt.shortcuts import template_code
from orchestration.dbt.shortcuts.dbt_shortcuts import take_shortcuts
from orchestration.garbage_collection import look_rarely

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.contracts.graph.manifest import Manifest

# Length of a request in bytes, ahead of it.
HEADER = struct.Struct("!I")
# What a command is sent with: standard input, output and error, and where its end is reported.
DESCRIPTORS = 4
_KEPT_PARSES = 2
_MODULES = ("dbt.cli.main", "dbt.task.build", "dbt.adapters.duckdb")


@dataclass
class _Parses:
    """The parses loaded last, by path, and what is left to be made ready for the commands to come."""

    loaded: OrderedDict[str, Manifest] = field(default_factory=OrderedDict)
    uncompiled: list[Callable[[], object]] = field(default_factory=list)
    keep_in: Path | None = None

    def read(self, path: str) -> Manifest:
        if path not in self.loaded:
            self.loaded[path] = read_parse(path)
            folder = Path(path).parent
            self.keep_in = None if template_code.take_up(folder) else folder
            self.uncompiled = template_code.compilations(self.loaded[path])
            while len(self.loaded) > _KEPT_PARSES:
                self.loaded.popitem(last=False)
        self.loaded.move_to_end(path)
        return self.loaded[path]

    def compile_next(self) -> None:
        """Compile a template, as the first command to use it would."""
        with contextlib.suppress(Exception):  # the command that uses it says what is wrong
            self.uncompiled.pop()()
        if self.uncompiled:
            return
        if self.keep_in:
            template_code.keep(self.keep_in)
        _share_memory()


def _share_memory() -> None:
    """Let the children share what is loaded: objects that no collection visits are not copied."""
    gc.collect()
    gc.freeze()


def _rehearse(request: dict[str, Any], manifest: Manifest) -> None:
    """Let dbt generate, with a command that does nothing, the code that it generates for its first command."""
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as folder:
        own = {"DBT_TARGET_PATH": folder, "DBT_LOG_PATH": folder, "DBT_PROJECT_DIR": request["folder"]}
        os.environ.update({**request["environment"], **own})
        dbtRunner(manifest=manifest).invoke(["--quiet", "ls", "--select", "no-model"])
    _share_memory()


def main(descriptor: int) -> None:
    """Serve until the other end of the socket is closed; in a child of it: run its dbt command, then exit."""
    # Ctrl-C reaches all processes of a terminal: dbt ends by itself, and with it the run, which ends the server.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Ended from outside, it takes its temporary folder along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    look_rarely()
    for name in _MODULES:
        importlib.import_module(name)
    # Importing DuckDB opens a database in memory, with threads; a fork of a process with threads is not safe.
    importlib.import_module("duckdb").close()
    take_shortcuts()
    _share_memory()
    parses = _Parses()
    command = _serve(socket.socket(fileno=descriptor), parses)
    if command is not None:
        run_dbt(command, parses.read)


def _serve(control: socket.socket, parses: _Parses) -> list[str] | None:
    """Fork for each request; None when the other end is closed, and in each child the arguments of its command."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    reports: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control, woken], [], [], 0 if parses.uncompiled and not reports else None)
        if not ready:
            parses.compile_next()
        if woken in ready:
            os.read(woken, 4096)
            _report_ended(reports)
        if control not in ready:
            continue
        received = receive(control)
        if received is None:
            return None
        request, descriptors = received
        _make_ready(request, parses)
        if not descriptors:
            continue
        report = descriptors[-1]
        # An interrupt that comes before the child can take it waits until it can.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for number in (control.detach(), woken, wake, *reports.values()):
                os.close(number)
            return _stand_in(request, descriptors)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        reports[pid] = report
        for number in descriptors[:-1]:
            os.close(number)
        os.write(report, f"{pid}\n".encode())


def _make_ready(request: dict[str, Any], parses: _Parses) -> None:
    """Load the parse that a request is about."""
    path = request["environment"].get(PARSED)
    if not path or path in parses.loaded:
        return
    is_first = not parses.loaded
    with contextlib.suppress(Exception):  # the command itself says what is wrong
        manifest = parses.read(path)
        if is_first:
            _rehearse(request, manifest)


def _report_ended(reports: dict[int, int]) -> None:
    """Tell who waits for a child that it has ended: its exit status and the most memory it had, in KiB."""
    for pid in list(reports):
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            report = reports.pop(pid)
            with contextlib.suppress(BrokenPipeError):  # nobody waits any more
                os.write(report, f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}\n".encode())
            os.close(report)


def _stand_in(request: dict[str, Any], descriptors: list[int]) -> list[str]:
    """Give this child what a process of its own would have had; the arguments of its command.

    The report stays open in the child: whoever waits sees its end, even when the server was killed before.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, given in enumerate(descriptors[:-1]):
        os.dup2(given, number)
        os.close(given)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    os.umask(request["umask"])
    sys.stdin, sys.stdout, sys.stderr = _text(0, "r"), _text(1, "w"), _text(2, "w")
    arguments: list[str] = request["arguments"]
    sys.argv = ["dbt", *arguments]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return arguments


def _text(number: int, mode: str) -> IO[str]:
    raw = io.open(number, f"{mode}b", closefd=False)  # noqa: SIM115, UP020  the stream of a whole process
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=mode == "w")


def receive(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next request and the descriptors that came with it; None when the other end is closed."""
    header, descriptors, _, _ = socket.recv_fds(control, HEADER.size, DESCRIPTORS)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    text = b""
    while len(text) < length:
        part = control.recv(length - len(text))
        if not part:
            return None
        text += part
    return json.loads(text), list(descriptors)


if __name__ == "__main__":
    main(int(sys.argv[1]))
