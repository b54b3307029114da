"""Several programs that run together: what they say is kept in one log, and all of them end together."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

# After being asked to end. A run that is cut off is taken up by the next one.
_PATIENCE_SECONDS = 3.5
_DEATH_SECONDS = 1
_LOOK_SECONDS = 0.1
_WAIT_SECONDS = 0.25
_PROC = Path("/proc")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LEVEL = re.compile(r"(?:^|[\s\-\[|])(DEBUG|INFO|WARNING|ERROR|CRITICAL)(?:[\s\-:\]|]|$)")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_together(
    commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], folder: Path, log: logging.Logger
) -> str:
    """Run programs until SIGINT or SIGTERM, or until one of them ends; then end the others, with all that they started.

    They end too when this process is killed.

    Args:
        commands: what to run, by name.
        environment: of all of them.
        folder: where they run.
        log: gets each line that they print, with the name as `program`.

    Returns:
        The name of the program that ended by itself; empty when they were asked to end.
    """
    ended: list[str] = []
    processes: dict[str, subprocess.Popen[bytes]] = {}
    with _signals_noted() as asked, _ended_with_this_process() as groups:
        try:
            for name, command in commands.items():
                processes[name] = _start(name, command, environment, folder, log, ended)
                with suppress(BrokenPipeError):
                    groups.write(f"{processes[name].pid}\n".encode())
            while not asked and not ended:
                time.sleep(_WAIT_SECONDS)
            first = "" if asked else ended[0]
        finally:
            _end(processes, asked)
    return first


@contextmanager
def _ended_with_this_process() -> Iterator[IO[bytes]]:
    """Where to write the id of each group of processes that is to end when this process is gone without a word."""
    script = Path(__file__).with_name("end_with_parent.py")
    # Isolated and without site packages: it is there for as long as the programs, and need not take any memory.
    watch = subprocess.Popen(  # noqa: S603  # our own file
        [sys.executable, "-I", "-S", str(script), str(_PATIENCE_SECONDS)],
        stdin=subprocess.PIPE, start_new_session=True, bufsize=0,
    )  # fmt: skip
    assert watch.stdin
    try:
        yield watch.stdin
    finally:
        watch.kill()
        watch.stdin.close()
        watch.wait()


def level_of(line: str) -> int:
    """The level that a line of a program's log says that it has; INFO where it says none.

    Args:
        line: as a library of Python's writes it: `… - dagster - ERROR - …`, `WARNING: …`.
    """
    found = _LEVEL.search(line[:120])
    return logging.getLevelNamesMapping()[found.group(1)] if found else logging.INFO


def _start(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: logging.Logger,
    ended: list[str],
) -> subprocess.Popen[bytes]:
    # A session of its own: a terminal's Ctrl-C reaches this process only, which ends them in order.
    process = subprocess.Popen(  # noqa: S603  # the commands are ours
        command, env=dict(environment), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    threading.Thread(target=_listen, args=(name, process.stdout, log), name=f"{name}-lines", daemon=True).start()

    def wait() -> None:
        process.wait()
        ended.append(name)

    threading.Thread(target=wait, name=f"{name}-end", daemon=True).start()
    return process


def _listen(name: str, lines: IO[bytes], log: logging.Logger) -> None:
    for raw in lines:
        line = _COLOURS.sub("", raw.decode("utf-8", "replace")).rstrip()
        if line:
            log.log(level_of(line), "%s", line, extra={"program": name})


@contextmanager
def _signals_noted() -> Iterator[list[int]]:
    """A list that gets each signal to end; the handlers do nothing else, so that they interrupt nothing half done."""
    noted: list[int] = []
    before = {number: signal.signal(number, lambda got, _: noted.append(got)) for number in _SIGNALS}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(processes: Mapping[str, subprocess.Popen[bytes]], asked: Sequence[int]) -> None:
    """End them, first in a friendly way; at once where somebody asks a second time."""
    times = len(asked)
    for process in processes.values():
        _signal(process, signal.SIGTERM)
    _wait_while_any_lives(processes, _PATIENCE_SECONDS, lambda: len(asked) > max(times, 1))
    for process in processes.values():
        _signal(process, signal.SIGKILL)
    for process in processes.values():
        process.wait()
    # What they had started is no child of this process, and dies a moment later.
    _wait_while_any_lives(processes, _DEATH_SECONDS, lambda: False)


def _wait_while_any_lives(
    processes: Mapping[str, subprocess.Popen[bytes]], seconds: float, is_enough: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not is_enough() and any(map(_lives, processes.values())):
        time.sleep(_LOOK_SECONDS)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Whether it, or anything that it started, still runs."""
    process.poll()
    if not _PROC.exists():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, 0)
            return True
        return False
    # A process that has ended may stay in its group for good: in a container nobody may ask how it ended.
    return any(_in_group(stat, process.pid) for stat in _PROC.glob("[0-9]*/stat"))


def _in_group(stat: Path, group: int) -> bool:
    try:
        state, _, group_of_it = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return False
    return int(group_of_it) == group and state != "Z"
