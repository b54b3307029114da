"""A number in an error of an asset, a sensor, a back-fill or the app is in no log and in nothing that Dagster keeps."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.cli.up import process_commands
from orchestration.dagster_host.instance import process_environment
from stores.settings import Settings
from tests.testing.runs.leaking_run import SECRETS

ROOT = Path(__file__).resolve().parents[2]


def run(what: str, home: Path) -> str:
    """What a process wrote to its screen."""
    command = [sys.executable, "-m", "tests.testing.runs.leaking_run", what, str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_what_dagster_keeps_and_writes_of_a_failed_asset_op_check_sensor_and_backfill_shows_nobody(
    tmp_path: Path,
) -> None:
    written = run("dagster", tmp_path)
    assert "STEP_FAILURE" in written
    assert "cannot read 【手机】 of 【邮箱】" in written
    assert "kept: REQUESTED FAILED BACKFILL" in written
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    # JSON in a database may write them by their codes
    redacted = json.dumps("cannot read 【手机】 of 【邮箱】").strip('"').encode()
    assert kept.count(redacted) >= 25
    for secret in SECRETS:
        assert secret not in written
        assert secret.encode() not in kept


def test_what_the_app_logs_of_an_exception_shows_nobody(tmp_path: Path) -> None:
    written = run("app", tmp_path)
    assert written.count("RuntimeError: cannot read 【手机】 of 【邮箱】") == 2
    assert not any(secret in written for secret in SECRETS)


def test_everything_that_stays_running_redacts_what_it_logs(settings: Settings) -> None:
    commands = process_commands(settings, app_only=False)
    started = {name: " ".join(command) for name, command in commands.items()}
    for name, module in {
        "dagster": "orchestration.dagster_host.host",
        "app": "server.py",
    }.items():
        assert module in started[name]
    for file in (
        "orchestration/dagster_host/host.py", "dashboards/server.py", "dashboards/app.py",
        "orchestration/definitions.py", "orchestration/cli/main.py",
    ):  # fmt: skip
        assert "redact_this_process()" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("storage", ["event_log_storage", "run_storage", "schedule_storage"])
def test_the_instance_of_every_process_keeps_things_redacted(settings: Settings, storage: str) -> None:
    config = Path(process_environment(settings)["DAGSTER_HOME"]) / "dagster.yaml"
    assert f"{storage}:\n  module: orchestration." in config.read_text(encoding="utf-8")
