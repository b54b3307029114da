"""A data folder is read with the keys and the normal forms that it was written with, or not at all."""

import json
import multiprocessing
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stores import key_record, operations
from stores.errors import UserError
from stores.key_record import is_superseded, lake_place, open_keyring, operations_place, places
from stores.keyring import make_keyring
from stores.operations import engine, suppress, writing
from stores.operations.contact_permissions import Suppression
from stores.settings import Settings, load_settings


@pytest.fixture
def fill(settings: Settings) -> Callable[[str], None]:
    """Put data that was made with keys into one of the places."""

    def filled(place: str) -> None:
        if place == "the lake":
            part = settings.lake / "raw_shop" / "customers" / "1764.1.parquet"
            part.parent.mkdir(parents=True)
            pq.write_table(pa.table({"phone_token": ["t"]}), part)
        elif place == "the publication":
            settings.published.mkdir(parents=True)
            (settings.published / "current.json").write_text("{}", encoding="utf-8")
        else:
            with writing(engine(settings)) as connection:
                suppress(connection, [Suppression("phone", "t", "sms", "complained")], settings.now())

    return filled


def another(settings: Settings) -> None:
    """Put another installation's keyring in the place of this one's."""
    settings.keyring_path.unlink()
    make_keyring(settings.keyring_path)


def test_an_empty_data_folder_gets_a_keyring_and_says_whose_it_is(settings: Settings) -> None:
    keyring = open_keyring(settings)
    record = lake_place(settings).record()
    assert record is not None
    assert record.accepts(keyring)
    assert open_keyring(settings).token_key == keyring.token_key


@pytest.mark.parametrize("place", ["the lake", "the operations store", "the publication"])
def test_where_there_is_data_a_missing_keyring_is_refused_and_never_made(
    settings: Settings, fill: Callable[[str], None], place: str
) -> None:
    fill(place)
    with pytest.raises(UserError, match=r"missing.*backup"):
        open_keyring(settings)
    assert not settings.keyring_path.exists()


def test_a_missing_keyring_is_refused_when_only_the_record_is_left(settings: Settings) -> None:
    open_keyring(settings)
    settings.keyring_path.unlink()
    with pytest.raises(UserError, match=r"missing.*backup"):
        open_keyring(settings)
    assert not settings.keyring_path.exists()


def test_another_keyring_is_refused(settings: Settings) -> None:
    open_keyring(settings)
    another(settings)
    with pytest.raises(UserError, match="not the one that the lake was written with"):
        open_keyring(settings)


def test_another_keyring_is_refused_when_the_lake_is_gone_with_its_record(
    settings: Settings, fill: Callable[[str], None]
) -> None:
    engine(settings)
    open_keyring(settings)
    fill("the operations store")
    another(settings)
    shutil.rmtree(settings.lake)
    with pytest.raises(UserError, match="not the one that the operations store was written with"):
        open_keyring(settings)


def test_a_keyring_with_another_cipher_key_of_the_same_name_is_refused(settings: Settings, tmp_path: Path) -> None:
    open_keyring(settings)
    make_keyring(tmp_path / "other.json")
    mine, other = (json.loads(path.read_text()) for path in (settings.keyring_path, tmp_path / "other.json"))
    mine["cipher_keys"] = {mine["active"]: next(iter(other["cipher_keys"].values()))}
    settings.keyring_path.write_text(json.dumps(mine), encoding="utf-8")
    with pytest.raises(UserError, match="not the one"):
        open_keyring(settings)


def test_a_cipher_key_may_be_added_but_not_left_out(settings: Settings, tmp_path: Path) -> None:
    open_keyring(settings)
    make_keyring(tmp_path / "other.json")
    before, other = (json.loads(path.read_text()) for path in (settings.keyring_path, tmp_path / "other.json"))
    added = before | {"cipher_keys": before["cipher_keys"] | other["cipher_keys"], "active": other["active"]}
    settings.keyring_path.write_text(json.dumps(added), encoding="utf-8")
    assert open_keyring(settings).active == other["active"]
    settings.keyring_path.write_text(json.dumps(before), encoding="utf-8")
    with pytest.raises(UserError, match="not the one"):
        open_keyring(settings)


@pytest.mark.parametrize("place", ["the lake", "the operations store", "the publication"])
def test_data_of_an_older_release_waits_for_the_upgrade(
    settings: Settings, fill: Callable[[str], None], place: str
) -> None:
    make_keyring(settings.keyring_path)
    fill(place)
    with pytest.raises(UserError, match="guanxi upgrade"):
        open_keyring(settings)


def test_files_without_rows_are_no_data(settings: Settings) -> None:
    for name in ("raw_shop/customers/00000000000.contract.parquet", "raw_linkage/links/links.parquet"):
        part = settings.lake / name
        part.parent.mkdir(parents=True)
        pq.write_table(pa.table({"phone_token": pa.array([], pa.string())}), part)
    engine(settings)
    open_keyring(settings)


def test_other_normal_forms_wait_for_the_upgrade_and_newer_ones_for_the_newer_release(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(settings)
    open_keyring(settings)
    monkeypatch.setattr(key_record, "NORMALISATION_VERSION", key_record.NORMALISATION_VERSION + 1)
    with pytest.raises(UserError, match="guanxi upgrade"):
        open_keyring(settings)
    monkeypatch.setattr(key_record, "NORMALISATION_VERSION", 0)
    with pytest.raises(UserError, match="newer"):
        open_keyring(settings)


@pytest.mark.parametrize("place", ["the lake", "the operations store", "the publication"])
def test_another_country_waits_for_the_upgrade_where_there_is_data(
    settings: Settings, fill: Callable[[str], None], place: str
) -> None:
    engine(settings)
    open_keyring(settings)
    fill(place)
    elsewhere = settings.model_copy(update={"country": "HK"})
    with pytest.raises(
        UserError, match=r"country = 'CN', now it is 'HK'.*`guanxi upgrade`.*nothing is read, built or sent"
    ):
        open_keyring(elsewhere)
    open_keyring(settings)


def test_another_country_is_written_down_where_there_is_no_data_yet(settings: Settings) -> None:
    engine(settings)
    open_keyring(settings)
    open_keyring(settings.model_copy(update={"country": "HK"}))
    for place in places(settings):
        record = place.record()
        assert record is not None
        assert record.forms["country"] == "HK"


def test_other_placeholders_wait_for_the_upgrade_too(
    settings: Settings, fill: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_keyring(settings)
    fill("the lake")
    more = frozenset({("phone", "+8613700001111")})
    monkeypatch.setattr("stores.normalisation._placeholders", lambda: more)
    with pytest.raises(UserError, match=r"placeholders\.csv.*`guanxi upgrade`"):
        open_keyring(settings)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"fingerprints": {}, "normalisation": 2, "superseded": ""}']
)
def test_a_damaged_record_is_one_clear_line(settings: Settings, content: str) -> None:
    open_keyring(settings)
    (settings.lake / "key_record.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=r"damaged.*backup"):
        open_keyring(settings)


def test_the_record_is_in_the_operations_store_too(settings: Settings) -> None:
    open_keyring(settings)
    engine(settings)
    open_keyring(settings)
    assert len(places(settings)) == 2
    assert operations_place(settings).record() == lake_place(settings).record()
    with sqlite3.connect(settings.home / "operations" / "operations.db") as database:
        assert database.execute("select count(*) from key_records").fetchall() == [(1,)]
    assert "key_records" in operations.metadata.tables


def test_an_operations_store_that_is_away_does_not_stop_reading_where_the_lake_is_proven(tmp_path: Path) -> None:
    home = load_settings(home=tmp_path / "home")
    open_keyring(home)
    away = home.model_copy(update={"operations_url": "postgresql+psycopg://nobody@127.0.0.1:9/guanxi"})
    assert open_keyring(away).token_key == open_keyring(home).token_key
    (home.lake / "key_record.json").unlink()
    with pytest.raises(UserError, match="operations store"):
        open_keyring(away)


def test_only_newer_publications_than_the_superseded_one_count(settings: Settings) -> None:
    assert not is_superseded(settings, None)
    keyring = open_keyring(settings)
    assert not is_superseded(settings, "000001-20261126-aaaaaa")
    lake_place(settings).write(key_record.fresh_record(settings, keyring, "000002-20261126-bbbbbb"))
    assert is_superseded(settings, "000001-20261126-aaaaaa")
    assert is_superseded(settings, "000002-20261126-bbbbbb")
    assert is_superseded(settings, None)
    assert not is_superseded(settings, "000003-20261126-000000")
    lake_place(settings).write(key_record.fresh_record(settings, keyring, key_record.NEVER_PUBLISHED))
    assert is_superseded(settings, None)
    assert not is_superseded(settings, "000001-20261126-aaaaaa")


def _open(home: Path) -> str:
    return open_keyring(load_settings(home=home)).token_key.hex()


def test_processes_that_start_together_in_an_empty_folder_have_the_same_keys(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        keys = pool.map(_open, [tmp_path / "home"] * 6, chunksize=1)
    assert len(set(keys)) == 1
