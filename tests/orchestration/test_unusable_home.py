"""A data folder that cannot be used ends every command in one clear line and exit code 2."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.cli.main import app, main
from orchestration.runs.storage_errors import storage_problem, storage_problem_in

ROOT = Path(__file__).resolve().parents[2]
# They begin a data folder; `try` works in one of its own, `check` says where the files to check belong.
MAKING = ("demo", "run", "up", "try", "check")
# They read the project's files only.
WITHOUT_HOME = (["journey", "schema"],)


def commands() -> list[list[str]]:
    """Each command of the command line that needs a data folder, with arguments where it needs some."""
    needed = {
        "customer": ["c_1"], "delivery": ["d_1"], "replay": ["shop"], "undo": ["x", "--by", "lin", "--why", "test"],
        "approve": ["x", "--by", "lin"], "pause": ["x", "--by", "lin"],
    }  # fmt: skip
    single = [[str(command.name)] for command in app.registered_commands if command.name != "serve-demo"]
    grouped = [
        [str(group.name), str(command.name), *needed.get(str(command.name), [])]
        for group in app.registered_groups
        for command in group.typer_instance.registered_commands  # type: ignore[union-attr]  # each has one
    ]
    return [one for one in [*single, ["receipts"], *grouped] if one not in WITHOUT_HOME]


def ended(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["guanxi", *arguments])
    with pytest.raises(SystemExit) as done:
        main()
    return int(done.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_a_home_that_is_a_file_ends_every_command_in_one_line(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_HOME", "/etc/passwd")
    code, said = ended(arguments, monkeypatch, capsys)
    assert code == 2
    assert said.count("\n") == 1
    assert "/etc/passwd" in said or "Missing" in said


@pytest.mark.parametrize("arguments", [one for one in commands() if one[0] not in MAKING], ids=" ".join)
def test_a_mistyped_home_is_named_with_the_command_that_makes_one_and_nothing_is_created(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "no such" / "home"
    monkeypatch.setenv("GUANXI_HOME", str(home))
    code, said = ended(arguments, monkeypatch, capsys)
    assert code == 2
    assert said.count("\n") == 1
    assert said.startswith("Missing") or f"There is no data folder {home}." in said
    assert said.startswith("Missing") or f"`guanxi run --home '{home}'`" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["receipts"], ["run"]], ids=" ".join)
@pytest.mark.parametrize("home", ["/proc/nothing/here", "/etc/passwd/below", "/tmp/" + "x" * 300, "/sys/guanxi"])
def test_a_home_that_cannot_be_made_or_written_ends_in_one_line(
    arguments: list[str], home: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_HOME", home)
    code, said = ended(arguments, monkeypatch, capsys)
    assert code == 2
    assert said.count("\n") == 1
    assert home in said


def test_a_home_that_leads_in_circles_ends_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path / "a"))
    code, said = ended(["receipts"], monkeypatch, capsys)
    assert code == 2
    assert said.count("\n") == 1


def test_a_disk_that_fills_up_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384))

    # Python would keep half of a module's bytecode, which nobody can import.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "receipts", "--home", str(tmp_path / "home")],
        cwd=ROOT, env=environment, preexec_fn=small_files, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"), OSError(30, "Read-only file system", "/data/x"),
        PermissionError(13, "Permission denied", "/data/x"), NotADirectoryError(20, "Not a directory"),
    ],
)  # fmt: skip
def test_what_the_system_says_about_the_disk_is_told_apart_from_defects(error: OSError) -> None:
    wrapped = RuntimeError("step failed")
    wrapped.__cause__ = error
    assert "/data" in str(storage_problem(wrapped, "/data"))
    assert storage_problem(ValueError("permission denied by the peer"), "/data") is None
    assert "full" in str(storage_problem_in("IO Error: Could not write all bytes to file", "/data"))
