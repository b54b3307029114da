"""Data and landing folders on file systems that cannot be written, or are full; with real mounts, so as root only."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingestion.channels import discover
from ingestion.pipeline import ingest
from stores.settings import Settings
from tests.testing.command_line import run_guanxi


def _can_mount() -> bool:
    """Root of a container may not be allowed to."""
    if os.geteuid() != 0:
        return False
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return probe.returncode == 0


pytestmark = pytest.mark.skipif(not _can_mount(), reason="mounting needs root")


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Mount something on a folder until the test ends."""
    with ExitStack() as mounted:

        def mounts(*arguments: str) -> None:
            subprocess.run(["mount", *arguments], check=True, capture_output=True)
            if "remount" not in arguments[1]:
                mounted.callback(subprocess.run, ["umount", "--lazy", arguments[-1]], check=True)

        yield mounts


def guanxi(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DAGSTER_"))}
    env["DBT_EXCLUDE_RESOURCE_TYPES"] = "unit_test test"  # what the data is like does not matter here
    return run_guanxi([*arguments, "--home", str(home)], env)


def ended_in_one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0, done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize("command", [["run"], ["demo"], ["up"], ["upgrade"], ["receipts"]])
def test_a_home_on_a_read_only_mount_ends_in_one_line(
    tmp_path: Path, mount: Callable[..., None], command: list[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    mount("--bind", str(home), str(home))
    mount("-o", "remount,ro,bind", str(home))
    said = ended_in_one_line(guanxi(*command, home=home))
    assert "Read-only file system" in said
    assert str(home) in said


def test_a_home_on_a_read_only_mount_can_be_looked_at(tmp_path: Path, mount: Callable[..., None]) -> None:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    mount("--bind", str(home), str(home))
    mount("-o", "remount,ro,bind", str(home))
    looked = guanxi("status", home=home)
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert "Nothing is published yet" in looked.stdout
    assert "Nothing is built here yet" in ended_in_one_line(guanxi("dbt", "build", home=home))


def test_files_on_a_read_only_mount_are_read_and_nothing_is_written_beside_them(
    settings: Settings, mount: Callable[..., None]
) -> None:
    folder = settings.landing / "surveys"
    folder.mkdir(parents=True)
    (folder / "responses_1.csv").write_text("response_id,survey_id,question_id\nR1,S1,Q1\n", encoding="utf-8")
    mount("--bind", str(settings.landing), str(settings.landing))
    mount("-o", "remount,ro,bind", str(settings.landing))
    report = ingest(settings, discover()["surveys"])
    assert report.physical_rows == 1
    assert [path.name for path in folder.iterdir()] == ["responses_1.csv"]


def test_a_disk_that_fills_up_ends_in_one_line_and_the_next_run_finishes(
    tmp_path: Path, mount: Callable[..., None]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    mount("-t", "tmpfs", "-o", "size=6m", "tmpfs", str(home))
    for size, command in (
        ("6m", ["demo", "--customers", "60"]),
        ("25m", ["demo", "--customers", "60"]),
        ("60m", ["run"]),
    ):
        mount("-o", f"remount,size={size}", str(home))
        done = guanxi(*command, home=home)
        # Dagster may add, before the last line, that its event log could not be written either.
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stdout + done.stderr
        assert "The disk is full" in done.stderr.splitlines()[-1]
    mount("-o", "remount,size=1g", str(home))
    done = guanxi("run", home=home)
    assert done.returncode == 0, done.stdout + done.stderr
