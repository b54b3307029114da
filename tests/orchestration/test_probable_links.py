"""Linkage as the pipeline runs it: its thresholds are words of the dbt project, and it can be switched off."""

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pyarrow.parquet as pq
import pytest

from linkage.links_file import LINKS_SCHEMA, links_path, write_links
from linkage.run import Thresholds
from orchestration.asset_keys import LINKS
from orchestration.defs.linkage import FEATURES, probable_links
from orchestration.runs.preflight import check_configuration
from orchestration.stewardship.probable_links import link_profiles, linkage_thresholds, model_folder
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings, load_settings

PLACE = Path("dbt_project") / "dbt_project.yml"
LINK = {"left_profile_id": "pos:1", "right_profile_id": "shop:1", "match_probability": 0.995}


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """An installation with a project file of its own, in a folder with a quote in its name."""
    place = tmp_path / PLACE
    place.parent.mkdir()
    shutil.copy(PROJECT_ROOT / PLACE, place)
    return load_settings(project_root=tmp_path, home=tmp_path / "Li's home")


def say(settings: Settings, **words: str) -> None:
    """Give words of the project file another value; an empty one leaves the word out."""
    place = settings.project_root / PLACE
    lines = place.read_text(encoding="utf-8").splitlines()
    for name, value in words.items():
        [number] = [number for number, line in enumerate(lines) if line.startswith(f"  {name}:")]
        lines[number] = f"  {name}: {value}" if value else ""
    place.write_text("\n".join(lines), encoding="utf-8")


def features(settings: Settings) -> None:
    """A warehouse with two profiles that have nothing in common."""
    keyed = ["given", "family", "email", "id_number", "address", "address_line_2", "phone"]
    clear = ["birthday", "house_number", "postcode", "city", "province", "birthplace", "company", "job_title", "gender"]
    names = [f"{name}_{part}" for name in keyed for part in ("token", "bits")] + ["email_local_token"] + clear
    columns = ", ".join(f"null::varchar as {name}" for name in names)
    settings.warehouse_path.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema identity")
        connection.execute(
            f"create table identity.int_identity__linkage_features as select {columns}, "
            "'shop:' || id as source_profile_id from range(2) as rows(id)"
        )
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_profiles as select 'shop:' || id as source_profile_id, false as is_test "
            "from range(2) as rows(id)"
        )


def links(settings: Settings) -> int:
    return int(pq.read_metadata(links_path(settings.lake)).num_rows)


def materialized(settings: Settings) -> dict[str, object]:
    """What the asset says after a run that has its turn."""
    return dict(probable_links(run=SimpleNamespace(settings=settings, acquire_warehouse=lambda: None)).metadata or {})


def test_the_project_as_delivered_links_and_reviews_strictly(own: Settings) -> None:
    thresholds = linkage_thresholds(own)
    assert thresholds is not None
    assert 0.5 < thresholds.review < thresholds.join < 1
    assert thresholds.join >= 0.95


def test_thresholds_are_those_of_the_project_file(own: Settings) -> None:
    say(own, linkage_join_probability="0.9", linkage_review_probability="0.4  # as the stewards have time")
    assert linkage_thresholds(own) == Thresholds(join=0.9, review=0.4)
    say(own, linkage_review_probability="0.9")
    assert linkage_thresholds(own) == Thresholds(join=0.9, review=0.9)


def test_linkage_can_be_switched_off(own: Settings) -> None:
    say(own, linkage_enabled="false", linkage_join_probability="")
    assert linkage_thresholds(own) is None


@pytest.mark.parametrize(
    ("name", "word", "said"),
    [
        ("linkage_enabled", '"no"', "must be true or false, got 'no'"),
        ("linkage_enabled", "0", "must be true or false, got 0"),
        ("linkage_join_probability", "99", "must be a number between 0 and 1, got 99"),
        ("linkage_join_probability", "1.0", "must be a number between 0 and 1, got 1.0"),
        ("linkage_join_probability", "yes", "must be a number between 0 and 1, got True"),
        ("linkage_review_probability", "high", "must be a number between 0 and 1, got 'high'"),
        ("linkage_review_probability", ".nan", "must be a number between 0 and 1, got nan"),
        ("linkage_review_probability", "", "must be a number between 0 and 1, got None"),
        ("linkage_review_probability", "0.999", "0.999 is above linkage_join_probability"),
    ],
)
def test_a_wrong_word_names_file_and_field_before_a_run_starts(own: Settings, name: str, word: str, said: str) -> None:
    say(own, **{name: word})
    with pytest.raises(UserError) as mistake:
        linkage_thresholds(own)
    assert str(mistake.value).startswith(f"dbt_project/dbt_project.yml, vars.{name}: {said}")
    with pytest.raises(UserError, match=f"^{re.escape(str(mistake.value))}$"):
        check_configuration(own)


@pytest.mark.parametrize("text", ["", "[]", "name: guanxi", "vars: 5", "vars:"])
def test_a_project_file_without_words_is_one_clear_mistake(own: Settings, text: str) -> None:
    (own.project_root / PLACE).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"dbt_project\.yml has no `vars`"):
        linkage_thresholds(own)


def test_a_project_file_that_is_no_yaml_is_one_clear_mistake(own: Settings) -> None:
    say(own, linkage_enabled="{")
    with pytest.raises(UserError, match=r"^dbt_project/dbt_project\.yml cannot be read as YAML"):
        linkage_thresholds(own)


def test_the_asset_stands_between_what_is_compared_and_the_links() -> None:
    assert probable_links.keys == {LINKS}
    assert FEATURES in probable_links.dependency_keys


def test_the_asset_links_the_profiles_of_the_warehouse(own: Settings) -> None:
    features(own)
    before = own.warehouse_path.read_bytes()
    told = materialized(own)
    assert (told["enabled"], told["profiles"], told["joining"], told["for_review"]) == (True, 2, 0, 0)
    assert told["left_out"] == {"shop": 2}
    assert links(own) == 0
    assert own.warehouse_path.read_bytes() == before
    assert model_folder(own) == own.state / "linkage"


def test_switched_off_the_asset_leaves_no_link_and_needs_no_warehouse(own: Settings) -> None:
    write_links(own.lake, LINKS_SCHEMA.empty_table().from_pylist([LINK], LINKS_SCHEMA))
    assert links(own) == 1
    say(own, linkage_enabled="false")
    assert materialized(own) == {"enabled": False}
    assert links(own) == 0


def test_links_of_profiles_that_are_gone_are_gone(own: Settings) -> None:
    write_links(own.lake, LINKS_SCHEMA.empty_table().from_pylist([LINK], LINKS_SCHEMA))
    features(own)
    report = link_profiles(own, Thresholds(0.9, 0.5))
    assert (report.profiles, report.model_version, report.trained) == (2, "", False)
    assert links(own) == 0
