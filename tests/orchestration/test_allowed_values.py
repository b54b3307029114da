"""`guanxi check --allowed` lists what may stand where, and the guide's table says the same."""

import json
import re

import pytest
import yaml
from typer.testing import CliRunner

from linkage.comparisons import all_comparisons
from orchestration.channel_check.allowed_values import _HELD_FOR, AllowedValues, allowed_values
from orchestration.cli.main import app
from stores.settings import PROJECT_ROOT, Settings, load_settings

GUIDE = (PROJECT_ROOT / "docs" / "bring-your-own-data.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lists() -> dict[str, AllowedValues]:
    return {one.column: one for one in allowed_values(load_settings())}


def told(heading: str) -> str:
    return GUIDE.partition(f"\n### {heading}")[2].partition("\n#")[0]


def test_the_guides_table_has_every_list_as_it_is(lists: dict[str, AllowedValues]) -> None:
    rows = re.findall(r"^\| ([^|`]+?) \| ([^|]+) \| ([^|]+?) \| ?([^|]*)\|$", told("What may stand there"), re.M)
    table = {name: (re.findall(r"`([^`]+)`", values), otherwise) for name, values, otherwise, _ in rows[1:]}
    assert list(table) == list(lists)
    for name, one in lists.items():
        assert table[name] == ([] if name == "orders.currency" else list(one.values), one.otherwise)


def test_lists_come_from_the_rules_that_a_run_tests_and_from_the_seeds(lists: dict[str, AllowedValues]) -> None:
    assert lists["feedback.kind"].values == ("ticket", "survey", "activity")
    assert {"NOK", "EUR"} <= set(lists["orders.currency"].values)
    assert "steward" not in lists["consents.identifier_type"].values
    assert lists["points.kind"].add.startswith("dbt_project/seeds/loyalty/point_kind_words.csv")


def test_every_word_that_a_row_is_held_for_has_its_list() -> None:
    described = next((PROJECT_ROOT / "dbt_project" / "models").rglob("int_held_rows.yml"))
    (model,) = yaml.safe_load(described.read_text(encoding="utf-8"))["models"]
    assert {reason for reason in model["config"]["meta"]["what_to_do"] if reason.startswith("unknown_")} == set(
        _HELD_FOR
    )


def test_the_command_prints_them_without_a_data_folder(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, lists: dict[str, AllowedValues]
) -> None:
    result = CliRunner().invoke(app, ["check", "--allowed", "--json", "--home", str(settings.home / "none")])
    assert result.exit_code == 0, result.output
    assert {one["column"]: tuple(one["values"]) for one in json.loads(result.stdout)} == {
        name: one.values for name, one in lists.items()
    }


def test_the_guide_names_what_linkage_compares() -> None:
    (bullet,) = re.findall(r"linkage compares(.*?)of the profiles", told("Questions that come up"), re.S)
    compared = {"name" if one.name in ("given_name", "family_name") else one.name for one in all_comparisons()}
    assert set(re.findall(r"`([a-z_0-9]+)`", bullet)) == compared
