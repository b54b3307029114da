"""Programs that run together end together, with all that they started, and what they say is kept."""

import json
import logging
import os
import select
import subprocess
import sys
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pytest
import typer

from orchestration.cli import child_processes, up
from orchestration.cli.child_processes import level_of, run_together
from orchestration.runs import business_day
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings

# Programs are started and ended.
pytestmark = pytest.mark.heavy

FOR_EVER = "import signal; signal.pause()"
# Says the id of a child of its own that hears no SIGTERM, then asks the one who started it to end.
STUBBORN = """
import os, signal, subprocess, sys
code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
os.kill(os.getppid(), signal.SIGTERM)
signal.pause()
"""


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def run(programs: dict[str, str]) -> str:
    commands = {name: [sys.executable, "-c", code] for name, code in programs.items()}
    return run_together(commands, os.environ, Path.cwd(), logging.getLogger("test.up"))


def test_when_one_ends_all_end_and_its_name_is_told(said: pytest.LogCaptureFixture) -> None:
    assert run({"long": FOR_EVER, "short": "print('done')"}) == "short"
    assert [(one.message, one.__dict__["program"]) for one in said.records] == [("done", "short")]


def test_asked_to_end_nothing_is_left_behind_however_deaf(
    said: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_processes, "_PATIENCE_SECONDS", 0.2)
    assert run({"long": FOR_EVER, "stubborn": STUBBORN}) == ""
    deaf = int(said.records[0].message)
    stat = Path(f"/proc/{deaf}/stat")
    if Path("/proc").exists():
        assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


# Runs two programs, one of which hears no SIGTERM and has a child that does not either, and says their ids.
PARENT = """
import logging, os, sys
from pathlib import Path
from orchestration.cli import child_processes
child_processes._PATIENCE_SECONDS = 0.2
deaf = "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True); "
commands = {
    "long": "import os, signal; print(os.getpid(), flush=True); signal.pause()",
    "stubborn": deaf + "os.fork() or print(os.getpid(), flush=True); signal.pause()",
}
log = logging.getLogger("up")
log.addHandler(logging.StreamHandler(sys.stdout))
log.setLevel(logging.INFO)
child_processes.run_together({n: [sys.executable, "-c", c] for n, c in commands.items()}, os.environ, Path.cwd(), log)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux, to wait for what is no child of this process")
def test_when_the_one_who_started_them_is_killed_nothing_is_left_behind() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    known = {int(parent.stdout.readline()): 0 for _ in range(3)}
    for process in known:
        known[process] = os.pidfd_open(process)
    parent.kill()
    parent.communicate()
    for ended in known.values():
        assert select.select([ended], [], [], 60)[0]
        os.close(ended)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-28 03:47:38 +0000 - dagster.daemon - INFO - Sensor skipped", logging.INFO),
        ("2026-11-28 03:47:38 +0000 - dagster - ERROR - build - 6f2b - STEP_FAILURE", logging.ERROR),
        ("WARNING:  Invalid HTTP request received.", logging.WARNING),
        ("2026-11-28 03:39 dagster - DEBUG - a step that says ERROR later", logging.DEBUG),
        ("  You can now view your Streamlit app in your browser.", logging.INFO),
        ("An ERRORS table", logging.INFO),
    ],
)
def test_the_level_of_a_line_is_read_from_it(line: str, level: int) -> None:
    assert level_of(line) == level


def test_colours_of_a_screen_are_not_kept(said: pytest.LogCaptureFixture) -> None:
    run({"one": r"print('\x1b[34mINFO\x1b[0m - blue')"})
    assert said.records[0].message == "INFO - blue"


@pytest.fixture
def app_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose app ends at once; nobody looks at ports."""
    commands = {"app": [sys.executable, "-c", "print('ERROR: no app')"]}
    monkeypatch.setattr(up, "process_commands", lambda *_: commands)
    monkeypatch.setattr(up, "choose_ports", lambda settings, *_, **__: nullcontext(settings))
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))  # a session sets it for good
    return settings


def test_when_the_app_ends_by_itself_up_says_so_and_ends_with_1(
    app_alone: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        up.up(home=app_alone.home, app_only=True)
    assert ended.value.exit_code == 1
    assert capfd.readouterr().out.splitlines()[-2:] == [
        "app: ERROR: no app",
        "up: app ended by itself, so everything was stopped",
    ]


def test_as_json_every_line_on_the_screen_is_an_object(
    app_alone: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_LOG_FORMAT", "json")
    with pytest.raises(typer.Exit):
        up.up(home=app_alone.home, app_only=True)
    said = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [one["program"] for one in said] == ["up", "up", "app", "up"]
    assert (app_alone.home / "logs" / "up.log").read_text(encoding="utf-8").count('"program": "app"') == 1


def test_as_json_what_up_says_before_its_programs_start_is_objects_too(
    app_alone: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    parsing = logging.getLogger("orchestration.dbt.dbt_project")
    monkeypatch.setattr(up, "_read_settings_and_dbt_project", lambda _: parsing.info("Reading the dbt project"))
    monkeypatch.setattr(business_day, "fixed_day", lambda _: date(2026, 3, 31))
    monkeypatch.setenv("GUANXI_LOG_FORMAT", "json")
    with pytest.raises(typer.Exit):
        up.up(home=app_alone.home)
    said = [json.loads(line)["message"] for line in capfd.readouterr().out.splitlines()]
    assert said[0] == "Reading the dbt project"
    assert said[1].startswith("This home is fixed on 2026-03-31")


def test_a_wrong_section_is_told_before_anything_starts(
    app_alone: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "own.toml"
    config.write_text('[channels.pso]\nurl = "x"\n', encoding="utf-8")
    monkeypatch.setenv("GUANXI_CONFIG", str(config))
    monkeypatch.setattr(up, "run_together", lambda *_: pytest.fail("it started"))
    with pytest.raises(UserError, match=rf"^{config}, section \[channels.pso\]: there is no such channel"):
        up.up(home=app_alone.home)
