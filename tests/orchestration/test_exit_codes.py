"""What docs/running.md says of exit codes: 1 where a step or a gate failed, 2 for a mistake told in one line."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from orchestration.cli.main import main
from orchestration.cli.session import console
from orchestration.dbt import build_record
from orchestration.gates import run_gates
from orchestration.runs.run_job import JobOutcome
from stores.errors import NotPublished, UserError
from stores.key_record import open_keyring
from stores.keyring import make_keyring
from stores.settings import load_settings
from stores.warehouse import connect
from tests.testing.published_rows import point_at_day


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["guanxi", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--as-of", "mañana"), "--as-of 'mañana' is not a date."),
        (("run", "--as-of", "2999-01-01"), "--as-of 2999-01-01 has not come yet"),
        (("day", "mañana"), "'mañana' is not a date."),
        (("day", "2999-01-01"), "2999-01-01 has not come yet"),
    ],
)
def test_a_day_that_is_none_is_told_where_it_was_typed(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert ended(monkeypatch, *arguments) == 2
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize(("is_mistake", "code"), [(False, 1), (True, 2)])
def test_a_past_day_that_a_gate_or_its_build_stops_ends_with_1(
    home: Path, monkeypatch: pytest.MonkeyPatch, is_mistake: bool, code: int
) -> None:
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T10:00:00")
    open_keyring(load_settings())
    point_at_day(load_settings(), "2026-06-30")
    outcome = JobOutcome("r", success=False, error="The gates stop this publication.", user_error=is_mistake)
    monkeypatch.setattr("orchestration.cli.run.run_past_day", lambda *_: outcome)
    with console.capture():
        assert ended(monkeypatch, "run", "--as-of", "2026-05-31") == code


def test_what_a_gate_stops_is_told_apart_from_a_mistake(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a step of a run only the name of the exception's class is left."""
    monkeypatch.setattr(run_gates, "check", lambda *_: [_Stopping()])
    monkeypatch.setattr(run_gates, "tell", lambda _: "marts.customers: fewer")
    monkeypatch.setattr(run_gates, "way_on", lambda _: "Look.")
    with pytest.raises(NotPublished):
        run_gates.require_passed(load_settings(), "r", date(2026, 6, 30))
    assert NotPublished.__name__ != UserError.__name__


def test_publishing_what_a_gate_stops_ends_with_1(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings()
    with connect(settings, read_only=False) as db:
        db.execute("create schema marts")
    build_record.keep(settings, build_record.Build("r", "2026-06-30", ""))
    monkeypatch.setattr(run_gates, "check", lambda *_: [_Stopping()])
    monkeypatch.setattr(run_gates, "tell", lambda _: "marts.customers: fewer")
    monkeypatch.setattr(run_gates, "way_on", lambda _: "Look.")
    assert ended(monkeypatch, "publish") == 1
    assert capsys.readouterr().err.startswith("The gates stop this publication")


def test_publishing_with_the_keys_gone_names_the_keys(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings()
    open_keyring(settings)
    settings.keyring_path.unlink()
    assert ended(monkeypatch, "publish") == 2
    assert f"The keyring {settings.keyring_path} is missing" in capsys.readouterr().err
    assert not settings.keyring_path.exists()
    make_keyring(settings.keyring_path)
    assert ended(monkeypatch, "publish") == 2
    assert "is not the one" in capsys.readouterr().err


def test_publishing_from_a_damaged_lake_names_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings()
    open_keyring(settings)
    with connect(settings, read_only=False) as db:
        db.execute("create schema marts")
    build_record.keep(settings, build_record.Build("r", "2026-06-30", ""))
    part = settings.lake / "raw_pos" / "sales" / "00000000000.contract.parquet"
    part.parent.mkdir(parents=True)
    (settings.lake / "raw_pos" / "_dlt_loads").mkdir()
    part.write_bytes(b"no Parquet")
    assert ended(monkeypatch, "publish") == 2
    told = capsys.readouterr().err
    assert told.startswith("The raw lake")
    assert "raw_pos/sales/00000000000.contract.parquet cannot be read" in told


def test_a_damaged_warehouse_is_told_by_status(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = load_settings().warehouse_path
    path.parent.mkdir()
    path.write_bytes(b"nothing of a database")
    with console.capture() as shown:
        assert ended(monkeypatch, "status") == 0
    assert f"{path} is damaged".replace(" ", "") in "".join(shown.get().split())


@pytest.mark.parametrize("call", ["campaign list", "campaign list --json", "campaign show dormant_recall"])
def test_approvals_are_said_to_be_todays_while_a_past_day_is_looked_at(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: str
) -> None:
    monkeypatch.setenv("GUANXI_PAST_DAY", "2026-05-31")
    with console.capture():
        assert ended(monkeypatch, *call.split()) == 0
    assert capsys.readouterr().err.startswith("GUANXI_PAST_DAY is 2026-05-31: files and approvals")


@pytest.mark.parametrize(
    ("differs", "options", "code"), [(True, ["--exit-code"], 3), (False, ["--exit-code"], 0), (True, [], 0)]
)
def test_a_comparison_ends_with_3_only_where_asked_and_something_is_different(
    home: Path, monkeypatch: pytest.MonkeyPatch, differs: bool, options: list[str], code: int
) -> None:
    found = SimpleNamespace(differs=differs, document=dict)
    monkeypatch.setattr("orchestration.branch_diff.compare_branch.diff", lambda *_: found)
    monkeypatch.setattr(console, "file", console.file)  # `--json` sends progress elsewhere
    assert ended(monkeypatch, "diff", "--json", *options) == code


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (UserError("No such thing."), 2, "No such thing."),
        (NotPublished("The gates stop it."), 1, "The gates stop it."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (typer.Abort(), 130, "Stopped."),  # a prompt that was closed
        (EOFError("a file ended"), 1, "Unexpected error: EOFError: a file ended Details: "),
        (ValueError("a defect"), 1, "Unexpected error: ValueError: a defect"),
        (OSError(28, "No space left on device"), 2, "The disk is full"),
    ],
)
def test_whatever_happens_in_a_command_ends_in_one_line(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    problem: BaseException,
    code: int,
    said: str,
) -> None:
    def fail(_: object) -> None:
        raise problem

    monkeypatch.setattr("orchestration.installation_overview.overview", fail)
    monkeypatch.setattr("tempfile.tempdir", str(home))  # the log of a defect, where the folder has none
    assert ended(monkeypatch, "status") == code
    written = capsys.readouterr().err
    assert written.startswith(said)
    assert written.count("\n") == 1


class _Stopping:
    is_blocking = True
