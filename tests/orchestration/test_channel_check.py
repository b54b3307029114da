"""`guanxi check`: small channels, one right and the others wrong on purpose, in a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestration.channel_check.findings import ChannelReport, CheckedTable, Filled, Finding
from orchestration.cli.main import app
from orchestration.cli.session import console
from stores.errors import UserError
from stores.settings import PROJECT_ROOT
from tests.testing.shared_build import built_once

DBT = PROJECT_ROOT / "dbt_project"
FIXTURES = Path(__file__).parent / "fixtures" / "channel_check"
PARTS = (
    "stores",
    "ingestion",
    "linkage",
    "intelligence",
    "expectations",
    "serving",
    "exports",
    "orchestration",
    "dbt_project",
    ".dlt",
)


def tree(folder: Path) -> str:
    """Every path below a folder with its size and time of change."""
    found = [(path, path.stat()) for path in sorted(folder.rglob("*"))]
    return "\n".join(f"{path.relative_to(folder)} {one.st_size} {one.st_mtime_ns}" for path, one in found)


def check(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the copy of the project, with a folder for temporary files that nobody else uses."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
    own = {"PYTHONPATH": str(place / "project"), "TMPDIR": str(place / "temporary"), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "check", *arguments, "--home", str(place / "home")],
        cwd=place / "project", env=kept | own, capture_output=True, text=True, check=False,
    )  # fmt: skip


def prepare(place: Path) -> None:
    """The project with the channels of the fixtures, and a data folder that holds their files and nothing else."""
    project = place / "project"
    left_out = shutil.ignore_patterns("__pycache__", "target", "logs", "data", "*.duckdb")
    for part in PARTS:
        shutil.copytree(PROJECT_ROOT / part, project / part, ignore=left_out)
    for part in ("ingestion", "dbt_project"):
        shutil.copytree(FIXTURES / part, project / part, dirs_exist_ok=True)
    config = project / "dbt_project" / "dbt_project.yml"
    text = re.sub(r"channels: \[[^\]]*\]", "channels: [bakery, kiosk, operations]", config.read_text("utf-8"), count=1)
    config.write_text(text, encoding="utf-8")
    shutil.copytree(FIXTURES / "landing", place / "home" / "landing")
    (place / "temporary").mkdir()


def build(place: Path) -> None:
    """Run the commands of this file once, and keep what they said."""
    prepare(place)
    before = tree(place / "home")
    orders = place / "project" / "dbt_project" / "models" / "staging" / "bakery" / "stg_bakery__orders.sql"
    said: dict[str, Any] = {}
    for name, arguments in {
        "in use": ["--json"],
        "without models": ["till", "misspelled", "untyped", "crashing", "--json"],
        "not in the concept": ["bakery", "--json"],
    }.items():
        if name == "not in the concept":
            orders.write_text(orders.read_text("utf-8").replace("'gross_amount'", "'turnover'"), encoding="utf-8")
        done = check(place, *arguments)
        said[name] = {"code": done.returncode, "out": done.stdout, "err": done.stderr}
    said["home"] = {"before": before, "after": tree(place / "home")}
    said["temporary"] = [path.name for path in (place / "temporary").iterdir()]
    (place / "said.json").write_text(json.dumps(said), encoding="utf-8")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = built_once(tmp_path_factory, "channel-check", build)
    return json.loads((folder / "said.json").read_text("utf-8"))


def document(said: dict[str, Any], name: str) -> dict[str, Any]:
    assert said[name]["out"].startswith("{"), said[name]
    return json.loads(said[name]["out"])


def channel(said: dict[str, Any], run: str, name: str) -> dict[str, Any]:
    return next(one for one in document(said, run)["channels"] if one["channel"] == name)


def finding(report: dict[str, Any], words: str) -> dict[str, Any]:
    """The one finding that says this."""
    found = [one for one in report["findings"] if words in one["text"]]
    assert len(found) == 1, [one["text"] for one in report["findings"]]
    return found[0]


def test_a_right_channel_is_ready_and_tells_by_what_people_are_known_and_reached(said: dict[str, Any]) -> None:
    report = channel(said, "in use", "bakery")
    assert (report["ready"], report["findings"]) == (True, [])
    assert [(table["name"], table["rows"], table["loaded"]) for table in report["tables"]] == [
        ("guests", 40, 40), ("sales", 100, 100), ("agreements", 5, 5),
    ]  # fmt: skip
    assert report["people"] == 40
    assert {one["name"]: one["share"] for one in report["recognised_by"]} == {
        "shop_account": 1.0,
        "phone": 1.0,
        "email": 0.5,
    }
    assert {one["name"]: one["share"] for one in report["reached_over"]} == {"sms": 0.95, "email": 0.5}  # two landlines


def test_people_read_the_same_and_the_exit_code_says_ready(
    said: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = channel(said, "in use", "bakery")
    tables = [CheckedTable(**one) for one in known["tables"]]
    shares = {name: [Filled(**one) for one in known[name]] for name in ("recognised_by", "reached_over")}
    warned = Finding("warning", "sales", "Odd.", "Even it.", "sales.csv", 3, "sale_id", "s1", ("s2", "s4"))
    report = ChannelReport("bakery", True, "/landing", tables, known["people"], **shares, findings=[warned])
    monkeypatch.setattr("orchestration.channel_check.asked_channels.channels_to_check", lambda *_: ["bakery"])
    monkeypatch.setattr("orchestration.channel_check.check.check_channels", lambda *_: iter([report]))
    monkeypatch.setattr("orchestration.dbt.dbt_process.prepare", lambda *_: None)
    with console.capture() as printed:
        result = CliRunner().invoke(app, ["check", "--home", str(tmp_path)])
    assert result.exit_code == 0
    lines = [line.rstrip() for line in printed.get().splitlines()]
    assert (
        "  40 people. Recognised by: shop_account 100%, phone 100%, email 50%. Reached over: sms 95%, email 50%."
        in lines
    )
    assert lines[-6:] == [
        "  warning  sales: Odd.",
        "      at       sales.csv, line 3, sale_id: 's1'",
        "      allowed  s2, s4",
        "      fix      Even it.",
        "bakery: ready, 1 warning  0.0 s",
        "",
    ]


def test_nothing_of_the_data_folder_changes_and_nothing_temporary_is_left(said: dict[str, Any]) -> None:
    assert said["home"]["after"] == said["home"]["before"]
    assert said["temporary"] == []


def test_with_problems_the_exit_code_is_1_and_they_are_counted(said: dict[str, Any]) -> None:
    assert said["in use"]["code"] == 1
    whole = document(said, "in use")
    kiosk = channel(said, "in use", "kiosk")
    assert (whole["ready"], kiosk["ready"]) == (False, False)
    assert whole["problems"] == sum(one["level"] == "problem" for one in kiosk["findings"])
    assert whole["warnings"] == sum(one["level"] == "warning" for one in kiosk["findings"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("No table takes stock.csv", {"level": "warning", "file": "stock.csv", "allowed": "*sales*"}),
        ("matches 'visits*.parquet'", {"level": "problem", "about": "visits"}),
        ("required columns missing: sale_id", {"level": "problem", "about": "returns", "file": "returns.csv"}),
        ("No field of the file feeds the column shop_assistant", {"level": "warning", "field": "shop_assistant"}),
        ("Is it 'shop_asistant'?", {"fix": "*header=\"shop_asistant\"*"}),
        ("No column takes 2 fields of the file: it's raining, shop_asistant.", {"file": "sales.csv"}),
        ("reached by them. Such as people.csv, line 6: '*****'", {"level": "warning", "line": 6, "field": "mobile"}),
        ("10 rows of 60 do not fit", {"level": "problem", "file": "sales.csv", "line": 32, "field": "amount",
                                     "fix": "*decimal_mark=*"}),
        ("1 key comes more than once", {"level": "warning", "line": 9, "field": "sale_id", "value": "k6"}),
        ("The source raw_kiosk lacks visits, returns, file_ledger", {"level": "warning", "fix": "*- name: visits*"}),
        ("There is no stg_kiosk__file_ledger", {"level": "warning"}),
        ("Nothing reads the model stg_kiosk__order_line", {"level": "warning", "fix": "*stg_kiosk__order_lines?"}),
        ('Referenced column "sale" not found', {"level": "problem", "file": "*/kiosk/stg_kiosk__order_line.sql"}),
        ("order_id in int_orders_as_sold occurs more than once", {"level": "problem", "line": 8, "value": "k6",
                                                                 "fix": "*/kiosk/stg_kiosk__orders.sql: newest*"}),
        ("unknown status 'sold out'", {"level": "problem", "line": 2, "field": "state", "allowed": "*completed*"}),
        ("unknown currency 'shells'", {"line": 22, "field": "currency", "allowed": "*EUR*",
                                          "fix": "*shells,<ISO 4217>*currencies.csv*"}),
        ("unknown kind 'gift'", {"level": "problem", "file": "stamps.csv", "line": 3, "allowed": "*earn*spend*"}),
        ("kind of int_feedback is 'rant' (1 row)", {"level": "problem", "file": "answers.csv", "line": 3,
                                                    "allowed": "ticket, survey, activity"}),
        ("channel of int_consents is 'fax' (5 rows)", {"level": "warning", "allowed": "*sms*",
                                                        "fix": "*/message_channels.csv."}),
        ("ConsentColumn 'may_fax': its channel 'fax'", {"level": "problem", "allowed": "*sms*"}),
        ("ConsentRows 'agreed': its channel 'pager'", {"level": "problem", "about": "agreements"}),
        ("2 rows of 4 do not fit and would go to quarantine: kind: 'Messenger' is not one of its words",
         {"level": "warning", "line": 3, "field": "kind", "allowed": "SMS, Pager", "fix": "*words=*"}),
        ("1 row of 4 does not fit and would go to quarantine: agreed: 'perhaps' is not yes or no",
         {"level": "warning", "line": 4, "field": "agreed", "allowed": "in, true*"}),
        ("Kinds without a title, which people will see as they are written: 'talk'", {"level": "note"}),
        ("write the ids differently: '0.0' and '0'", {"level": "problem"}),
        ("Empty in all 10 rows that were read: nickname.", {"level": "note", "about": "people"}),
        ("Nobody in it has anything by which other channels know them", {"level": "warning"}),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place_what_is_allowed_and_what_to_do(
    said: dict[str, Any], words: str, expected: dict[str, Any]
) -> None:
    found = finding(channel(said, "in use", "kiosk"), words)
    for name, wanted in expected.items():
        told = ", ".join(found[name]) if name == "allowed" else found[name]
        assert re.fullmatch(re.escape(wanted).replace(r"\*", ".*"), told) if isinstance(wanted, str) else told == wanted
    assert found["fix"] or found["level"] != "problem"


def test_what_is_wrong_in_a_model_is_not_told_again_of_those_that_read_it(said: dict[str, Any]) -> None:
    told = [one for one in channel(said, "in use", "kiosk")["findings"] if "occurs more than once" in one["text"]]
    assert [one["about"] for one in told] == ["int_orders_as_sold"]


def test_a_contract_that_does_not_import_is_told_with_file_and_line_and_no_traceback(said: dict[str, Any]) -> None:
    assert said["without models"]["code"] == 1
    assert "Traceback" not in said["without models"]["err"] + said["without models"]["out"]
    (misspelled,) = (
        one for one in channel(said, "without models", "misspelled")["findings"] if one["level"] == "problem"
    )
    assert "channels/misspelled/__init__.py, line 5" in misspelled["text"]
    assert "has no attribute 'Chanel'" in misspelled["text"]
    (untyped,) = (one for one in channel(said, "without models", "untyped")["findings"] if one["level"] == "problem")
    assert "channels/untyped/__init__.py, line 9: Column type 'day' is unknown. Use one of text" in untyped["text"]


def test_code_of_a_source_that_fails_is_told_with_its_line(said: dict[str, Any]) -> None:
    found = finding(channel(said, "without models", "crashing"), "failed on what it was given: KeyError: 'guests'")
    assert "channels/crashing/__init__.py, line 23" in found["text"]
    assert found["level"] == "problem"


def test_a_channel_without_models_that_is_not_in_use_and_whose_source_is_gone_says_all_three(
    said: dict[str, Any],
) -> None:
    till = channel(said, "without models", "till")
    assert finding(till, "There is no staging model in")["level"] == "problem"
    assert finding(till, "till is not in use: vars.channels")["level"] == "warning"
    assert finding(till, "The source cannot be reached: no database at")["level"] == "problem"


def test_a_column_that_the_concept_does_not_know_is_told_in_the_macros_words(said: dict[str, Any]) -> None:
    assert said["not in the concept"]["code"] == 1
    found = finding(channel(said, "not in the concept", "bakery"), "concept 'orders' has no column 'turnover'; it has:")
    assert found["file"].endswith("/models/staging/bakery/stg_bakery__orders.sql")
    assert "macro" not in found["text"]


def test_an_unknown_channel_and_a_data_folder_that_is_not_there_are_refused(tmp_path: Path) -> None:
    def refused(*arguments: object) -> str:
        result = CliRunner().invoke(app, ["check", *map(str, arguments)])
        assert isinstance(result.exception, UserError), result.output
        return str(result.exception)

    assert re.search(r"There is no channel 'shopp'.*activities, app", refused("shopp", "--home", tmp_path))
    missing = refused("--home", tmp_path / "none")
    assert "There is no data folder" in missing
    assert "landing/<channel>" in missing
    assert list(tmp_path.iterdir()) == []
