"""How wide commands print: as the terminal, as COLUMNS says, or wide enough for every table."""

import io

import pytest

from orchestration.cli.session import console


def test_a_file_gets_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(console, "file", io.StringIO())
    assert console.width == 240


@pytest.mark.parametrize("width", [80, 100, 250])
def test_columns_decide_also_where_they_change_while_commands_run(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(console, "file", io.StringIO())
    assert console.width == width
