"""Another `[guanxi] country` is another normal form: nothing is read or sent until `guanxi upgrade` made the tokens."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exports.delivery.deliver import deliver
from exports.policy.plan_obstacles import obstacle
from ingestion.personal_data.retokenisation import FOLDER, every_part
from orchestration.cli.main import app
from orchestration.dbt import build_record
from orchestration.runs.preflight import check_configuration
from orchestration.upgrading import upgrade as steps
from orchestration.upgrading.upgrade import Upgraded, upgrade
from stores.errors import UserError
from stores.key_record import fresh_record, lake_place, open_keyring, places
from stores.settings import Settings
from stores.warehouse import current_publication
from tests.orchestration.test_upgrade import NOON, stored, unpack
from tests.testing.lake_tokens import lake_tokens


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with data whose country is CN; the values of its first release are international already."""
    settings = unpack(tmp_path_factory.mktemp("made"))
    upgrade(settings)
    for place in places(settings):
        # as if it had been built and published since
        place.write(fresh_record(settings, open_keyring(settings)))
    return settings.home


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GUANXI_NOW", NOON)
    shutil.copytree(made, tmp_path / "home")
    return Settings(home=tmp_path / "home")


def elsewhere(settings: Settings, country: str = "HK") -> Settings:
    return settings.model_copy(update={"country": country})


def test_nothing_is_read_built_or_sent_until_the_upgrade_whose_command_is_named(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointer = home.published / "current.json"
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "may_deliver": True}), encoding="utf-8")
    moved = elsewhere(home)
    for refused in (check_configuration, open_keyring, deliver):
        with pytest.raises(UserError, match=r"country = 'CN', now it is 'HK'.*`guanxi upgrade`"):
            refused(moved)
    monkeypatch.setattr("orchestration.cli.dbt_command.open_session", lambda _: moved)
    refused_dbt = CliRunner().invoke(app, ["dbt", "build"])
    assert isinstance(refused_dbt.exception, UserError)
    assert "`guanxi upgrade`" in str(refused_dbt.exception)
    # taken back, all is as it was
    check_configuration(home)


def test_nothing_is_published_or_released_by_hand_until_the_upgrade(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = elsewhere(home)
    build_record.keep(home, build_record.Build("run", "2026-06-30", ""))
    pointer = (home.published / "current.json").read_text("utf-8")
    for command in (["publish"], ["campaign", "release", "--by", "lin"]):
        monkeypatch.setattr(f"orchestration.cli.{command[0]}.open_session", lambda *_, **__: moved)
        refused = CliRunner().invoke(app, command)
        assert isinstance(refused.exception, UserError)
        assert "`guanxi upgrade`" in str(refused.exception)
    assert (home.published / "current.json").read_text("utf-8") == pointer


def test_international_values_keep_their_tokens_consents_and_deliveries(home: Settings) -> None:
    kept, before = stored(home), lake_tokens(home)
    moved = elsewhere(home)
    done = upgrade(moved)
    assert done.values > 100
    assert (done.changed, done.readable) == (0, 0)
    assert stored(moved) == kept
    after = lake_tokens(moved)
    assert after.keys() == before.keys()
    # only what a clerk had written beside words has no country of its own
    national = {part for part in before if before[part] != after[part]}
    assert all("raw_activities/registrations" in part for part in national)
    open_keyring(moved)
    publication = current_publication(moved)
    assert publication is not None
    released = publication.__class__(**{**vars(publication), "may_deliver": True})
    found = obstacle(moved, released, moved.now().replace(year=2026, month=11, day=26))
    assert found is not None
    assert found.reason == "tokens_made_again_since"
    assert upgrade(moved) == Upgraded()


def test_there_and_back_again_every_token_is_as_before(home: Settings) -> None:
    before = lake_tokens(home)
    upgrade(elsewhere(home))
    with pytest.raises(UserError, match="country = 'HK', now it is 'CN'"):
        open_keyring(home)
    upgrade(home)
    assert lake_tokens(home) == before


def test_an_upgrade_broken_off_before_it_changed_anything_is_planned_again_with_what_came_since(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(steps, "renew_deliveries", dies)
        with pytest.raises(RuntimeError):
            upgrade(elsewhere(home))
    assert (home.lake / FOLDER / "plan.json").exists()
    open_keyring(home)  # the change is taken back, and more is loaded
    part = next(path for path in every_part(home) if "raw_activities/registrations/17" in str(path))
    more = part.with_name(part.name.replace("17", "18", 1))
    shutil.copyfile(part, more)
    monkeypatch.setattr(steps, "require_whole", lambda *_, **__: None, raising=False)
    monkeypatch.setattr("ingestion.personal_data.retokenisation.require_whole", lambda *_, **__: None)
    upgrade(elsewhere(home))
    tokens = lake_tokens(elsewhere(home))
    names = [str(path.relative_to(home.lake)) for path in (part, more)]
    assert tokens[names[0]] == tokens[names[1]]


def test_an_upgrade_that_changed_something_is_finished_with_its_own_country(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_: Settings) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(steps, "put_in_place", dies)
        with pytest.raises(RuntimeError):
            upgrade(elsewhere(home))
    for settings in (home, elsewhere(home)):
        with pytest.raises(UserError, match="guanxi upgrade"):
            open_keyring(settings)
    with pytest.raises(UserError, match="country = 'HK', now 'CN'"):
        upgrade(home)
    upgrade(elsewhere(home))
    record = lake_place(home).record()
    assert record is not None
    assert record.forms["country"] == "HK"
