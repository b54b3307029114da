"""`guanxi receipts`: the exit code tells whether everything was used."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import exports.receipts.replay_and_undo
import orchestration.cli.receipts
import orchestration.cli.session
from exports.receipts.replay_and_undo import TakenBack
from orchestration.cli.main import app
from stores.key_record import open_keyring
from stores.settings import load_settings
from stores.warehouse import connect, publish, writer_lock
from tests.testing.seeds import load_seeds


def test_a_file_that_nobody_reads_is_said_and_the_exit_code_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T10:00:00+08:00")
    home = tmp_path / "home"
    settings = load_settings(home=home)
    open_keyring(settings)
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        load_seeds(warehouse, "seeds")
        warehouse.execute("create schema marts; create table marts.customers as select 1 as customer_id")
    publish(settings, "run", settings.today(), None)
    screen = Console(file=io.StringIO(), width=200)
    monkeypatch.setattr(orchestration.cli.receipts, "console", screen)
    monkeypatch.setattr(orchestration.cli.session, "console", screen)
    run = CliRunner().invoke
    assert run(app, ["receipts", "--home", str(home)]).exit_code == 0
    folder = home / "landing" / "receipts"
    folder.mkdir(parents=True)
    (folder / "report.pdf").write_bytes(b"%PDF")
    (folder / "[bold]x.jsonl").write_bytes(b"{\n")
    collected = run(app, ["receipts", "--home", str(home)])
    assert collected.exit_code == 1
    assert "report.pdf" in screen.file.getvalue()
    assert run(app, ["receipts", "--home", str(home)]).exit_code == 1
    listed = run(app, ["receipts", "list", "--home", str(home)])
    assert listed.exit_code == 0
    assert "[bold]x.jsonl" in screen.file.getvalue()
    assert "2026-06-30 10:00" in screen.file.getvalue(), "times are told in the business time zone"
    assert run(app, ["receipts", "replay", "--home", str(home)]).exit_code == 0


def test_one_address_and_many_are_counted_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), width=200)
    monkeypatch.setattr(orchestration.cli.receipts, "console", screen)
    taken_back = TakenBack("crm/a.csv", opened=1, restored=2, still_closed=0)
    monkeypatch.setattr(exports.receipts.replay_and_undo, "undo", lambda *_: taken_back)
    CliRunner().invoke(app, ["receipts", "undo", "a.csv", "--home", str(tmp_path)])
    assert "1 address opened, 2 consents restored" in screen.file.getvalue()


@pytest.mark.parametrize("arguments", [["undo", "x"], ["undo", "x", "--by", "lin", "--why", "test"]])
def test_taking_back_needs_a_file_a_name_and_a_reason(tmp_path: Path, arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["receipts", *arguments, "--home", str(tmp_path)])
    assert "receipt file" in str(done.exception)
