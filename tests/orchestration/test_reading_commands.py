"""Commands that only look make nothing: a folder that is no installation, or not yet, stays as it is."""

from pathlib import Path

import pytest

from orchestration.cli.main import main
from stores.keyring import make_keyring

CALLS = [
    "campaign diff",
    "campaign list", "campaign list --json", "campaign preview", "campaign show dormant_recall", "day", "dbt build",
    "diff",
    "experiment read dormant_recall", "explain clv c_1", "explain customer c_1",
    "explain delivery d_1", "explain stage c_1", "explain tier c_1",
    "identity decisions",
    "identity explain shop:1 shop:2",
    "identity review",
    "journey fields", "journey list", "journey list --json", "journey show newcomer_nurture",
    "lake compact --dry-run", "lake freshness", "lake verify",
    "metrics list", "metrics query orders", "quarantine list",
    "quarantine list --json", "receipts list", "status", "status --json", "status --tables",
    "explain tag top_spenders c_1", "explain why-not c_1 dormant_recall", "tags list", "tags preview rules.csv",
]  # fmt: skip


def ended(call: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["guanxi", *call.split()])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.mark.parametrize("call", CALLS)
def test_an_empty_folder_stays_empty(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    assert ended(call, monkeypatch) in (0, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", CALLS)
def test_a_folder_with_nothing_but_keys_and_a_file_of_somebody_else_stays_as_it_is(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    make_keyring(tmp_path / "keys" / "keyring.json")
    before = files(tmp_path)
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    assert ended(call, monkeypatch) in (0, 2)
    assert files(tmp_path) == before


def test_every_command_that_only_looks_is_among_them() -> None:
    """Such a command opens its session without `changes` and `makes_home`."""
    folder = Path(__file__).resolve().parents[2] / "orchestration" / "cli"
    elsewhere = {"try_identity.py", "up.py"}  # in a folder of its own; `serve-demo`, which `guanxi up` starts
    called = {call.split()[0].replace("dbt", "dbt_command") for call in CALLS}
    called |= {"_".join(call.split()[:2]).replace("-", "_") for call in CALLS}  # a command in a file of its own
    called |= {"explain_state"}  # `explain stage` and `explain tier`
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "open_session(home)" in text or "open_session(home, for_script" in text:
            assert path.stem in called or path.name in elsewhere, f"{path.name} has a command that only looks"
