"""Every command has a test, and says what is missing, wrong or not its day."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from orchestration.cli.main import main
from orchestration.cli.session import console
from orchestration.dbt.active_channels import require_read
from orchestration.runs.run_job import JobOutcome
from stores.errors import UserError
from stores.settings import Settings
from tests.testing.known_commands import commands

# What each command says in a home where nothing happened yet, and its exit code.
EMPTY = {
    "backtest segment high_value --from 2026-01-01 --to 2026-01-31": (2, "Nothing is published"),
    "campaign approve dormant_recall --by lin": (0, "approved"),
    "campaign diff": (2, "Nothing is published"),
    "campaign list": (0, "draft"),
    "campaign pause dormant_recall --by lin": (0, "paused"),
    "campaign preview": (2, "Nothing is published"),
    "campaign release --by lin": (2, "Nothing is published yet"),
    "campaign stop dormant_recall --by lin --reason sold-out": (0, "is stopped: 0 messages cancelled"),
    "campaign test dormant_recall --to marketing --by lin": (2, "There is no test list 'marketing'"),
    "campaign show dormant_recall": (0, "nobody approved it yet"),
    "day": (0, "is following today"),
    "diff": (2, "Nothing is published yet"),
    "experiment size --baseline 0.19 --effect 5%": (0, "Baseline 19.00%."),
    "experiment read dormant_recall": (2, "Nothing is published"),
    "explain customer c_1": (2, "Nothing is published yet"),
    "explain delivery d_1": (2, "No delivery 'd_1'"),
    "explain clv c_1": (2, "Nothing is published yet"),
    "explain stage c_1": (2, "Nothing is published yet"),
    "explain tier c_1": (2, "Nothing is published yet"),
    "explain tag high_spender c_1": (2, "Nothing is published yet"),
    "explain why-not c_1 dormant_recall": (2, "Nothing is published yet"),
    "gate accept no.check --by lin --why seen": (2, "There is no check 'no.check'"),
    "identity decisions": (0, "No decisions."),
    "identity explain shop:1 shop:2": (2, "Nothing is published yet"),
    "identity join shop:1 shop:2 --why same": (2, "Nothing is published yet"),
    "identity review": (2, "Nothing is published yet"),
    "identity separate shop:1 shop:2 --why other": (2, "Nothing is published yet"),
    "identity undo d_1": (2, "There is no decision 'd_1'"),
    "journey approve newcomer_nurture --by lin": (0, "approved (runs)"),
    "journey fields": (0, "days_since(<day>)"),
    "journey list": (0, "newcomer_nurture"),
    "journey pause newcomer_nurture --by lin": (0, "paused"),
    "journey schema campaign": (0, "A campaign of Guanxi"),
    "journey show newcomer_nurture": (0, "nobody has entered it yet"),
    "lake freshness": (0, "never"),
    "lake read-again shop": (2, "shop has no files"),
    "lake set-aside shop 1": (2, "raw_shop has no load 1"),
    "operations recover --by lin --why lost": (2, ""),
    "day mañana": (2, "'mañana' is not a date"),
    "publish": (2, "no complete build"),
    "quarantine list": (0, "Nothing waits"),
    "quarantine refusals": (2, "Nothing is published"),
    "quarantine replay nowhere": (2, "There is no channel 'nowhere'"),
    "receipts": (0, "0 files"),
    "receipts list": (0, "No receipts have come yet"),
    "receipts replay": (2, "Nothing is published"),
    "receipts undo x --by lin --why wrong": (2, "There is no receipt file 'x'"),
    "status": (0, "Nothing is published yet"),
    "try identity nowhere.csv --out x.csv": (2, "There is no file nowhere.csv"),
    "try clv nowhere.csv --as-of 2026-01-31 --out x.csv": (2, "There is no file nowhere.csv"),
    "tags preview nowhere.csv": (2, "nowhere.csv cannot be read"),
    "try experiment nowhere.csv --variant v --control a --metric m": (2, "There is no file nowhere.csv"),
    "try rfm nowhere.csv --as-of 2026-01-31 --out x.csv": (2, "There is no file nowhere.csv"),
    "try tags nowhere.csv --as-of 2026-01-31 --out x.csv": (2, "There is no file nowhere.csv"),
}
# Whoever needs more than an instant is tested elsewhere.
ELSEWHERE = {
    "metrics list": "metrics/test_metrics_command.py",
    "metrics query": "metrics/test_metrics_command.py",
    "metrics compile": "metrics/test_metrics_command.py",
    "tags list": "test_tags_commands.py",
    "check": "test_channel_check.py",
    "demo": "test_run_job.py",
    "lake compact": "test_lake.py",
    "lake verify": "test_lake.py",
    "receiver": "../endpoints/test_receiver_command.py",
    "run": "test_run_job.py",
    "up": "test_up.py",
    "upgrade": "test_upgrade.py",
}
HERE = {"dbt", "identity resolve"}
# What needs a build to work on, and says so in an empty home.
BUILT_ON = ("dbt build", "dbt show --inline x", "dbt test -s customers", "dbt docs generate", "dbt debug")


def ended(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> int:
    monkeypatch.setattr("sys.argv", ["guanxi", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.mark.parametrize("call", EMPTY)
def test_every_command_says_in_an_empty_home_what_is_missing(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    code, words = EMPTY[call]
    with console.capture() as shown:  # bound to the screen of when it was imported
        assert ended(monkeypatch, call.split()) == code
    said = " ".join(f"{shown.get()} {''.join(capfd.readouterr())}".split())
    assert words in said
    assert "Unexpected" not in said


def test_a_list_for_scripts_is_one_json_document_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    for call in ("status", "campaign list", "quarantine list", "identity decisions"):
        with console.capture() as shown:
            assert ended(monkeypatch, [*call.split(), "--json"]) == 0
        document = json.loads(shown.get())
        if call == "status":
            assert document["publication"] is None
            assert document["data_folder"] == str(tmp_path)
        elif call == "campaign list":
            drafts = {"dormant_recall": "draft", "new_customer_welcome": "draft"}
            assert {one["campaign_id"]: one["state"] for one in document} == drafts
        else:
            assert document == []


def test_the_version_is_told_with_those_of_what_it_is_built_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with console.capture() as shown:
        assert ended(monkeypatch, ["--version"]) == 0
    assert shown.get().splitlines()[0] == f"guanxi {version('guanxi')}"
    assert f"dbt-core {version('dbt-core')}" in shown.get()


READING = {
    "journey fields", "journey list", "journey schema", "journey show",
    "campaign diff", "campaign list", "campaign preview", "campaign show", "day", "diff", "experiment read",
    "experiment size", "explain clv",
    "explain customer", "explain delivery", "explain stage", "explain tag", "explain tier",
    "explain why-not", "identity decisions", "identity explain",
    "identity review", "lake freshness",
    "quarantine list", "quarantine refusals", "receipts list", "status", "tags preview", "try clv",
    "try experiment", "try identity", "try rfm", "try tags",
}  # fmt: skip


def only_reads(call: str) -> bool:
    return call == "day" or any(f"{call} ".startswith(f"{name} ") for name in READING - {"day"})


CHANGING = ["demo", "run", "run --no-send", "upgrade", "day today", "identity resolve", *EMPTY]


@pytest.mark.parametrize("call", [call for call in CHANGING if not only_reads(call)])
def test_what_changes_an_installation_is_refused_while_a_past_day_is_looked_at(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    monkeypatch.setenv("GUANXI_PAST_DAY", "2026-05-31")
    assert ended(monkeypatch, call.split()) == 2
    assert "GUANXI_PAST_DAY is 2026-05-31" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_past_day_that_was_not_built_says_how_to_build_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    monkeypatch.setenv("GUANXI_PAST_DAY", "2026-05-31")
    with console.capture() as shown:
        assert ended(monkeypatch, ["status"]) == 0
    assert "`guanxi run --as-of 2026-05-31`" in shown.get()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "--as-of", ""], "--as-of"),
        (["run", "--as-of="], "--as-of"),
        (["run", "--as-of", " "], "--as-of"),
        (["run", "-c", ""], "-c"),
        (["status", "--home", ""], "--home"),
        (["day", ""], "An argument is empty."),
        (["receipts", "replay", ""], "An argument is empty."),
        (["campaign", "pause", "x", "--by", "lin", "--reason", ""], "--reason"),
    ],
)
def test_an_empty_value_is_refused_and_never_means_today_everything_or_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    assert ended(monkeypatch, arguments) == 2
    said = named if named.startswith("An ") else f"The value of {named} is empty."
    assert capsys.readouterr().err.startswith(said)


def test_every_command_is_called_by_a_test() -> None:
    called = {name for name in commands() if any(f"{call} ".startswith(f"{name} ") for call in EMPTY)} | HERE
    assert set(commands()) - called == set(ELSEWHERE)
    for name, file in ELSEWHERE.items():
        assert f'"{name.split()[-1]}"' in (Path(__file__).parent / file).read_text(encoding="utf-8")


@pytest.mark.heavy
def test_dbt_is_called_with_what_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    assert ended(monkeypatch, ["dbt", "--version"]) == 0
    assert "duckdb" in capfd.readouterr().out


@pytest.mark.parametrize("call", BUILT_ON)
def test_dbt_touches_no_data_before_production_was_built(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    assert ended(monkeypatch, call.split()) == 2
    assert "Nothing is built here yet" in capfd.readouterr().err
    assert not list(tmp_path.rglob("*.duckdb"))


@pytest.mark.heavy
def test_resolving_identities_before_anything_was_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))

    def job(settings: Settings, name: str, **_: object) -> JobOutcome:
        assert name == "resolve_identity"
        with pytest.raises(UserError) as refused:
            require_read(settings)
        return JobOutcome("r1", success=False, error=str(refused.value), user_error=True)

    monkeypatch.setattr("orchestration.runs.run_job.run_job", job)
    assert ended(monkeypatch, ["identity", "resolve"]) == 2
    assert "Never read yet: shop, pos" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["campaign", "approve", "dormant_recall"], "Missing option '--by'. See `guanxi campaign approve --help`."),
        (
            ["run", "--asof", "2026-01-01"],
            "No such option: --asof (Possible options: --as-of) See `guanxi run --help`.",
        ),
        (["runn"], "No such command 'runn'. Did you mean 'run'? See `guanxi --help`."),
        (["identity", "jion"], "No such command 'jion'. Did you mean 'join'? See `guanxi identity --help`."),
    ],
)
def test_a_mistyped_command_says_whose_help_to_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert ended(monkeypatch, arguments) == 2
    assert capsys.readouterr().err == said + "\n"
