"""`guanxi up`: one code server that lives long, nothing started for what a run has done, all of it gone at Ctrl-C."""

import os
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from orchestration.dagster_host.run_history import latest_runs

LOCATION = """{workspaceOrError{...on Workspace{locationEntries{updatedTimestamp locationOrLoadError{__typename
...on RepositoryLocation{repositories{jobs{name}}}}}}}}"""
RELOAD = 'mutation{reloadRepositoryLocation(repositoryLocationName:"main"){__typename}}'
TICKS = """{sensorsOrError(repositorySelector:{repositoryName:"__repository__",repositoryLocationName:"main"})
{...on Sensors{results{name sensorState{ticks(limit:1){status}}}}}}"""
RUNS = "{runsOrError{...on Runs{results{runId jobName}}}}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(process, look):
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout.read()
        try:
            if found := look():
                return found
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("it did not come to pass")


def code_servers(ui):
    """Process ids of the code servers behind a UI."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            of_parent = Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"grpc" in words and str(ui).encode() in of_parent:
            found.append(int(folder.name))
    return found


def test_up_starts_everything_and_one_interrupt_stops_it(demo, tmp_path):
    running = demo.copy(tmp_path / "running")
    app, ui = free_port(), free_port()
    running.configure(f"app = {app}", f"dagster = {ui}")
    up = running.start("up")

    def ask(question):
        return httpx.post(f"http://127.0.0.1:{ui}/graphql", json={"query": question}, timeout=60).json()["data"]

    def location():
        (entry,) = ask(LOCATION)["workspaceOrError"]["locationEntries"]
        return entry if entry["locationOrLoadError"]["__typename"] == "RepositoryLocation" else None

    def ticked():
        sensors = ask(TICKS)["sensorsOrError"]["results"]
        return sensors if all(one["sensorState"]["ticks"] for one in sensors) else None

    try:
        wait_until(up, lambda: httpx.get(f"http://127.0.0.1:{app}/_stcore/health").status_code == 200)
        loaded = wait_until(up, location)
        assert {"name": "refresh"} in loaded["locationOrLoadError"]["repositories"][0]["jobs"]
        wait_until(up, lambda: httpx.get(f"http://127.0.0.1:{running.port}/shop/api/orders").status_code == 401)

        assert wait_until(up, lambda: httpx.get(f"http://127.0.0.1:{ui}/healthz").status_code == 200)
        scraped = httpx.get(f"http://127.0.0.1:{ui}/metrics").text
        assert "guanxi_messages{" in scraped
        assert 'guanxi_published_rows{schema="marts",table="customers"}' in scraped

        # nothing is read or built again; the plan of the demo's last publication was not carried out yet
        sensors = wait_until(up, ticked)
        started = {one["name"] for one in sensors if one["sensorState"]["ticks"][0]["status"] != "SKIPPED"}
        assert started <= {"new_publication"}
        of_demo = [one.run_id for one in latest_runs(demo.settings, 100)]
        runs = ask(RUNS)["runsOrError"]["results"]
        assert {one["jobName"] for one in runs if one["runId"] not in of_demo} <= {"deliver"}

        (first,) = code_servers(ui)
        ask(RELOAD)
        assert location()["updatedTimestamp"] > loaded["updatedTimestamp"]
        second = wait_until(up, lambda: [one for one in code_servers(ui) if one != first])[0]
        os.kill(second, signal.SIGKILL)
        wait_until(up, lambda: [one for one in code_servers(ui) if one not in (first, second)])
        wait_until(up, location)
    finally:
        up.send_signal(signal.SIGINT)
        said, _ = up.communicate(timeout=60)
    assert up.returncode == 0, said
    assert "Traceback" not in said
    kept = (running.home / "logs" / "up.log").read_text(encoding="utf-8")
    assert "dagster: " in kept
    assert "app: " in kept
    assert len(said.splitlines()) < 10, said
    for port in (app, ui, running.port):
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/")
    assert code_servers(ui) == []
