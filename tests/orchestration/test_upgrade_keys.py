"""Keys are adopted only when they prove to be those of the data."""

import errno
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.personal_data.retokenisation import every_part
from orchestration.cli.run import run
from orchestration.cli.up import up
from orchestration.upgrading import upgrade as steps
from orchestration.upgrading.upgrade import Upgraded, upgrade
from stores.errors import UserError
from stores.keyring import make_keyring
from stores.settings import Settings, load_settings

HOME = Path(__file__).parent / "fixtures" / "home_of_release_1.tar.xz"


@pytest.fixture
def old_home(tmp_path: Path) -> Settings:
    with tarfile.open(HOME) as archive:
        archive.extractall(tmp_path / "home", filter="data")
    return load_settings(home=tmp_path / "home")


def test_another_keyring_is_not_adopted(old_home: Settings) -> None:
    before = {part: part.read_bytes() for part in every_part(old_home)}
    old_home.keyring_path.unlink()
    make_keyring(old_home.keyring_path)
    with pytest.raises(UserError, match="keyring"):
        upgrade(old_home)
    assert {part: part.read_bytes() for part in every_part(old_home)} == before


def test_a_keyring_with_the_right_cipher_key_and_another_token_key_is_not_adopted(old_home: Settings) -> None:
    document = json.loads(old_home.keyring_path.read_text())
    document["token_key"] = next(iter(document["cipher_keys"].values()))
    old_home.keyring_path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UserError, match="not the one that the lake"):
        upgrade(old_home)


def test_a_missing_keyring_is_not_made_by_the_upgrade(old_home: Settings) -> None:
    old_home.keyring_path.unlink()
    with pytest.raises(UserError, match="missing"):
        upgrade(old_home)
    assert not old_home.keyring_path.exists()


def test_an_empty_folder_has_nothing_to_upgrade(settings: Settings) -> None:
    assert upgrade(settings) == Upgraded()
    assert not settings.keyring_path.exists()


@pytest.mark.parametrize("command", [run, up])
def test_run_and_up_refuse_a_home_of_an_older_release_and_name_the_command(
    old_home: Settings, command: Callable[..., None]
) -> None:
    with pytest.raises(UserError, match="guanxi upgrade"):
        command(home=old_home.home)


def test_a_full_disk_is_one_clear_line_and_nothing_is_changed(
    old_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = {part: part.read_bytes() for part in every_part(old_home)}
    monkeypatch.setattr(steps, "write_mapped", full)
    with pytest.raises(UserError, match=r"No space left.*guanxi upgrade"):
        upgrade(old_home)
    assert {part: part.read_bytes() for part in every_part(old_home)} == before
