"""`guanxi up` with nothing to do: how soon it is there, what it takes while it waits, how soon it is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from benchmarks.claim import Bench, Score
from benchmarks.measure import measured
from benchmarks.nothing_new import refresh
from benchmarks.shared_retailer import serving, settings_of, world

ORDER = 4
CORE_SHARE, GIGABYTES = 0.03, 1.5
APP_SECONDS, DAGSTER_SECONDS, END_SECONDS = 15, 30, 5
# What follows a start: the first look of every sensor, the first heartbeats.
_SETTLING_SECONDS = 45
_PATIENCE_SECONDS = 180


def run(bench: Bench) -> list[Score]:
    """Start it on a published home, watch it, stop it. Linux only: what processes take is read from /proc."""
    home, _ = world(bench)
    with serving(home):
        measured(refresh, home=home)
    settings = settings_of(home)
    ports = free_ports(home)
    started = time.monotonic()
    command = [sys.executable, "-m", "orchestration.cli", "up", "--home", str(home)]
    process = subprocess.Popen(
        command, cwd=settings.project_root, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        app = answers(f"http://127.0.0.1:{ports['app']}/_stcore/health", process) - started
        dagster = answers(f"http://127.0.0.1:{ports['dagster']}/server_info", process) - started
        time.sleep(min(_SETTLING_SECONDS, bench.sizes.idle_seconds))
        cpu_before, since = _cpu_seconds(process.pid), time.monotonic()
        time.sleep(bench.sizes.idle_seconds)
        share = (_cpu_seconds(process.pid) - cpu_before) / (time.monotonic() - since)
        processes = _with_children(process.pid)
        memory = sum(map(_own_memory, processes)) / 1e9
    finally:
        stopped = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate()[0].decode(errors="replace")
    ending = time.monotonic() - stopped
    left = [one for one in processes if _is_alive(one)]
    return [
        Score("idle `guanxi up`: share of a core", share, at_most=CORE_SHARE, note=f"{len(processes)} processes"),
        Score("idle `guanxi up`: GB of memory, what is shared counted once", memory, at_most=GIGABYTES),
        Score("`guanxi up`: seconds until the app answers", app, at_most=APP_SECONDS),
        Score("`guanxi up`: seconds until the Dagster UI answers", dagster, at_most=DAGSTER_SECONDS),
        Score("`guanxi up`: seconds from Ctrl-C to the end", ending, at_most=END_SECONDS),
        Score("`guanxi up`: processes left behind", len(left), at_most=0),
        Score("`guanxi up`: lines on the screen", len(said.splitlines()), at_most=10),
    ]


def free_ports(home: Path) -> dict[str, int]:
    """Free ports for the app and the Dagster UI, written into the benchmark's settings file."""
    file = home / "benchmark.toml"
    ports = {}
    with socket.socket() as one, socket.socket() as other:
        for name, probe in (("app", one), ("dagster", other)):
            probe.bind(("127.0.0.1", 0))
            ports[name] = probe.getsockname()[1]
    kept = [
        line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith(("app =", "dagster ="))
    ]
    file.write_text("\n".join([*kept, *(f"{name} = {port}" for name, port in ports.items()), ""]), encoding="utf-8")
    return ports


def answers(url: str, process: subprocess.Popen[bytes]) -> float:
    """When an address answered."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return time.monotonic()
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer")


def _with_children(pid: int) -> list[int]:
    """A process and all that it started, by id."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(_after_name(stat)[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _cpu_seconds(pid: int) -> float:
    """What a process, all that it started and all that these waited for have taken."""
    ticks = 0
    for one in _with_children(pid):
        with suppress(OSError):
            ticks += sum(map(int, _after_name(Path(f"/proc/{one}/stat"))[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _own_memory(pid: int) -> float:
    """Bytes of a process that are resident; what several share counts in parts (PSS)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _is_alive(pid: int) -> bool:
    try:
        return _after_name(Path(f"/proc/{pid}/stat"))[0] != "Z"
    except OSError:
        return False


def _after_name(stat: Path) -> list[str]:
    """The fields of /proc/<pid>/stat behind the name, which may hold anything: state, parent and so on."""
    return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
