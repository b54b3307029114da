"""dbt commands are forked from one server: each has its own environment, folder and output, and outlives the server."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.dbt import dbt_process
from tests.testing.dbt.dbt_runner import finished

PROFILES = Path(__file__).parents[2] / "dbt_project"


@pytest.fixture
def environment(tmp_path):
    """All that dbt needs for a command that opens no warehouse."""
    return {
        **os.environ, "DBT_PROFILES_DIR": str(PROFILES), "DBT_LOG_PATH": str(tmp_path), "GUANXI_LAKE": str(tmp_path),
        "GUANXI_WAREHOUSE": str(tmp_path / "warehouse.duckdb"), "GUANXI_AS_OF": "2026-06-30",
    }  # fmt: skip


def a_command_that_waits(environment, tmp_path):
    """A dbt command that waits for the lock of its warehouse, and the lock."""
    lock = (tmp_path / "dbt.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    waiting = dbt_process.start(["clean"], {**environment, "GUANXI_DBT_LOCK": lock.name}, tmp_path)
    return waiting, lock


def server():
    return dbt_process._server.process


def test_the_server_has_one_thread_so_that_a_fork_of_it_is_safe(environment):
    assert finished(["--version"], environment).returncode == 0
    assert len(list(Path(f"/proc/{server().pid}/task").iterdir())) == 1


def test_commands_share_a_server_and_have_exit_codes_of_their_own(environment):
    fine = finished(["--version"], environment)
    first = server().pid
    wrong = finished(["--no-such-option"], environment)
    assert (fine.returncode, wrong.returncode, server().pid) == (0, 2, first)
    assert "installed" in fine.said
    assert "--no-such-option" in wrong.said
    assert fine.peak_kib > 0


def test_a_program_that_used_the_server_ends_without_a_warning(tmp_path):
    program = (
        "from pathlib import Path; from orchestration.dbt import dbt_project; "
        "from stores.settings import load_settings; "
        f"print(dbt_project.run_quietly(load_settings(home=Path({str(tmp_path / 'home')!r})), ['ls', '--select', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_a_command_waits_while_another_has_the_warehouse(environment, tmp_path):
    waiting, lock = a_command_that_waits(environment, tmp_path)
    assert finished(["--version"], environment).returncode == 0
    assert waiting.poll() is None
    lock.close()
    assert "dbt_project.yml" in waiting.stdout.read().decode()
    assert waiting.wait() == 2


def test_an_interrupted_command_ends(environment, tmp_path):
    waiting, lock = a_command_that_waits(environment, tmp_path)
    waiting.send_signal(signal.SIGINT)
    with lock:
        assert waiting.wait() != 0
        assert "KeyboardInterrupt" in waiting.stdout.read().decode()
    waiting.send_signal(signal.SIGINT)  # to nobody


def test_a_command_outlives_a_killed_server_and_the_next_has_another(environment, tmp_path):
    waiting, lock = a_command_that_waits(environment, tmp_path)
    killed = server()
    killed.kill()
    killed.wait()
    assert waiting.poll() is None
    assert finished(["--version"], environment).returncode == 0
    assert server().pid != killed.pid
    lock.close()
    assert "dbt_project.yml" in waiting.stdout.read().decode()
    assert waiting.wait() == -signal.SIGKILL


def test_a_killed_command_has_the_exit_code_of_its_signal(environment, tmp_path):
    waiting, lock = a_command_that_waits(environment, tmp_path)
    waiting.send_signal(signal.SIGKILL)
    with lock:
        assert waiting.wait() == -signal.SIGKILL


REHEARSES = """
import os, signal, sys, tempfile, types
from orchestration.dbt import dbt_fork_server

class Rehearsal:
    def __init__(self, manifest): pass
    def invoke(self, arguments):
        print("rehearsing", *os.listdir(tempfile.gettempdir()), flush=True)
        signal.pause()

sys.modules["dbt.cli.main"] = types.SimpleNamespace(dbtRunner=Rehearsal)
dbt_fork_server._MODULES, dbt_fork_server.take_shortcuts = (), lambda: None
dbt_fork_server._serve = lambda control, parses: dbt_fork_server._rehearse({"environment": {}, "folder": "."}, None)
dbt_fork_server.main(int(sys.argv[1]))
"""


def test_a_server_that_is_ended_leaves_no_temporary_folder(tmp_path):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-c", REHEARSES, str(theirs.fileno())]
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        with subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, text=True, env=environment
        ) as started:
            assert started.stdout is not None
            assert started.stdout.readline().startswith("rehearsing tmp")
            started.terminate()
    assert started.returncode == 0
    assert list(tmp_path.iterdir()) == []
