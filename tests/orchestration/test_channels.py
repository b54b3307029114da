"""The channels that an installation uses are the words in `vars.channels`."""

import shutil
from pathlib import Path

import pytest

from orchestration.cli.session import console
from orchestration.cli.summary import print_overview
from orchestration.dbt.active_channels import channels_in_use, channels_without_models, require_read, unused_staging
from orchestration.installation_overview import Overview
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings, load_settings


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    for part in ("dbt_project.yml", "models/staging/pos", "models/staging/shop", "models/staging/operations"):
        source, target = PROJECT_ROOT / "dbt_project" / part, tmp_path / "dbt_project" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return load_settings(project_root=tmp_path)


def say(settings: Settings, text: str) -> None:
    (settings.project_root / "dbt_project" / "dbt_project.yml").write_text(text, encoding="utf-8")


def test_only_the_channels_in_the_list_are_used_in_its_order(own: Settings) -> None:
    say(own, "vars: {channels: [pos, operations]}")
    assert list(channels_in_use(own)) == ["pos", "operations"]
    assert unused_staging(own) == ["shop"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vars: {channels: [pos, kiosk]}", "there is no channel 'kiosk'"),
        ("vars: {channels: []}", "must be a list of channel names"),
        ("vars: {channels: pos}", "must be a list of channel names"),
        ("name: guanxi", "has no list `vars.channels`"),
        ("vars: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_list_is_refused_with_the_file_and_the_fault(own: Settings, text: str, said: str) -> None:
    say(own, text)
    with pytest.raises(UserError, match=r"dbt_project\.yml") as refused:
        channels_in_use(own)
    assert said in str(refused.value)


def has_read(settings: Settings, *tables: str) -> None:
    for table in tables:
        part = settings.lake / table / "0.parquet"
        part.parent.mkdir(parents=True)
        part.touch()


def test_nothing_is_built_while_a_channel_in_use_was_never_read(own: Settings, tmp_path: Path) -> None:
    here = own.model_copy(update={"home": tmp_path / "home"})
    say(here, "vars: {channels: [records, loyalty]}")
    with pytest.raises(UserError, match=r"Never read yet: records, loyalty\. .*`guanxi run`.*vars.channels"):
        require_read(here)
    has_read(here, "raw_records/people", "raw_loyalty/members")
    with pytest.raises(UserError, match=r"Never read yet: loyalty\.points\."):  # a table that the contract got later
        require_read(here)
    has_read(here, "raw_loyalty/points")
    require_read(here)


def test_a_channel_without_models_is_named_by_status(own: Settings) -> None:
    say(own, "vars: {channels: [pos, loyalty, operations]}")
    assert channels_without_models(own) == ["loyalty"]  # its folder was not copied
    with console.capture() as said:
        print_overview(own, Overview(None, [], without_models=["loyalty"]))
    assert "Not built" in said.get()
    assert "loyalty: read into the lake" in said.get()
