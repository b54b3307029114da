"""A lost operations store is never made again unnoticed: it would have forgotten every delivery and every opt-out."""

import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from stores.errors import UserError
from stores.operations import StoreLost, engine, reading, suppress, suppressions, writing
from stores.operations.contact_permissions import Suppression
from stores.operations.operations_engine import _open as opened
from stores.settings import Settings

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
SUPPRESSION = Suppression("phone", "token", "sms", "complained")


def write(settings: Settings, token: str = "token") -> None:
    with writing(engine(settings)) as connection:
        suppress(connection, [Suppression("phone", token, "sms", "complained")], NOON)


def file_of(settings: Settings) -> Path:
    return settings.home / "operations" / "operations.db"


def copied(settings: Settings, place: Path) -> Path:
    """A backup, as SQLite makes it."""
    with sqlite3.connect(file_of(settings)) as source, sqlite3.connect(place) as target:
        source.backup(target)
    return place


def put_back(settings: Settings, backup: Path) -> None:
    for path in file_of(settings).parent.iterdir():
        path.unlink()
    shutil.copyfile(backup, file_of(settings))


def delete(settings: Settings) -> None:
    shutil.rmtree(file_of(settings).parent)


def empty(settings: Settings) -> None:
    delete(settings)
    file_of(settings).parent.mkdir()
    file_of(settings).touch()


def without_tables(settings: Settings) -> None:
    delete(settings)
    file_of(settings).parent.mkdir()
    with sqlite3.connect(file_of(settings)) as raw:
        raw.execute("create table something_else (id int)")


@pytest.mark.parametrize("lose", [delete, empty, without_tables])
@pytest.mark.parametrize("is_new_process", [True, False])
def test_a_store_that_was_deleted_or_emptied_is_not_made_again(settings: Settings, lose, is_new_process: bool) -> None:
    write(settings)
    lose(settings)
    if is_new_process:
        opened.cache_clear()
    for _ in range(2):
        with pytest.raises(StoreLost, match=r"missing or empty.*guanxi operations recover"):
            engine(settings)


def test_another_folder_or_another_installations_store_is_refused(settings: Settings, tmp_path: Path) -> None:
    write(settings)
    elsewhere = settings.model_copy(update={"operations_url": f"sqlite:///{tmp_path}/other.db"})
    with pytest.raises(StoreLost, match="missing or empty"):
        engine(elsewhere)
    other = settings.model_copy(update={"home": tmp_path / "another home"})
    write(other)
    put_back(settings, copied(other, tmp_path / "backup.db"))
    with pytest.raises(StoreLost, match="another one"):
        engine(settings)


@pytest.mark.parametrize("is_new_process", [True, False])
def test_an_older_copy_is_refused_and_the_newest_is_not(
    settings: Settings, tmp_path: Path, is_new_process: bool
) -> None:
    write(settings)
    older = copied(settings, tmp_path / "older.db")
    write(settings, "another token")
    newest = copied(settings, tmp_path / "newest.db")
    put_back(settings, older)
    if is_new_process:
        opened.cache_clear()
    with pytest.raises(StoreLost, match="older copy: 1 later changes"):
        engine(settings)
    put_back(settings, newest)
    with reading(engine(settings)) as connection:
        assert len(connection.execute(suppressions.select()).all()) == 2


def test_a_store_without_its_record_is_taken_as_it_is(settings: Settings) -> None:
    write(settings)
    (settings.lake / "operations_record.json").unlink()
    write(settings, "another token")
    assert json.loads((settings.lake / "operations_record.json").read_text())["writes"] > 1


def test_a_store_that_only_the_lake_remembers_is_not_made_again(settings: Settings) -> None:
    part = settings.lake / "raw_operations" / "suppressions" / "1.0.parquet"
    part.parent.mkdir(parents=True)
    part.with_name("00000000000.contract.parquet").touch()
    engine(settings)
    delete(settings)
    (settings.lake / "operations_record.json").unlink()
    part.touch()
    with pytest.raises(StoreLost, match="missing or empty"):
        engine(settings)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"store_id": 1, "writes": "many"}', "[" * 100_000])
def test_a_damaged_record_stops_too(settings: Settings, content: str) -> None:
    write(settings)
    (settings.lake / "operations_record.json").write_text(content)
    with pytest.raises(StoreLost, match="damaged"):
        engine(settings)


def test_a_file_that_is_no_database_is_explained(settings: Settings) -> None:
    write(settings)
    delete(settings)
    file_of(settings).parent.mkdir()
    file_of(settings).write_bytes(b"not a database at all, but long enough to be one\n" * 100)
    with pytest.raises(UserError, match="cannot be opened"):
        engine(settings)


def test_every_committed_write_is_known_beside_the_lake(anywhere: Settings) -> None:
    def known() -> int:
        return int(json.loads((anywhere.lake / "operations_record.json").read_text())["writes"])

    engine(anywhere)
    before = known()
    write(anywhere)
    assert known() == before + 1
    with pytest.raises(ZeroDivisionError), writing(engine(anywhere)):
        raise ZeroDivisionError
    assert known() == before + 1


def test_an_emptied_exchanged_or_older_database_is_refused(anywhere: Settings) -> None:
    write(anywhere)
    store = engine(anywhere)
    with store.begin() as connection:
        connection.execute(text("update store_records set writes = writes - 1"))
    with pytest.raises(StoreLost, match="older copy"):
        engine(anywhere)
    with store.begin() as connection:
        connection.execute(text("update store_records set writes = writes + 1, store_id = 'another'"))
    with pytest.raises(StoreLost, match="another one"):
        engine(anywhere)
    with store.begin() as connection:
        connection.execute(text("delete from store_records"))
    with pytest.raises(StoreLost, match="another one"):
        engine(anywhere)


@pytest.mark.heavy
@pytest.mark.parametrize("anywhere", ["postgresql"], indirect=True)
def test_an_emptied_postgres_database_is_refused(anywhere: Settings) -> None:
    write(anywhere)
    with engine(anywhere).begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    for _ in range(2):
        with pytest.raises(StoreLost, match=r"at 127\.0\.0\.1:.* is missing or empty"):
            engine(anywhere)
