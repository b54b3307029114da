"""A warehouse file that is no longer whole is told from its first bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stores.settings import Settings
from stores.warehouse import connect, warehouse_damage


@pytest.fixture
def warehouse(settings: Settings) -> Path:
    with connect(settings, read_only=False) as db:
        db.execute("create table t as select range as n, md5(range::varchar) as text from range(50_000)")
        db.execute("checkpoint")
    return settings.warehouse_path


def _overwrite(path: Path) -> None:
    path.write_bytes(b"not a database" * 5_000)


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(20_000)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def test_a_whole_file_and_none_at_all_are_well(settings: Settings, warehouse: Path) -> None:
    assert warehouse_damage(settings) == ""
    with connect(settings, read_only=False) as db:
        db.execute("create table u as select range as n from range(500_000)")
        assert warehouse_damage(settings) == ""  # while somebody writes
    warehouse.unlink()
    assert warehouse_damage(settings) == ""


def test_free_space_at_the_end_that_was_given_back_is_no_damage(settings: Settings) -> None:
    for turn in range(4):
        with connect(settings, read_only=False) as db:
            db.execute(
                f"create or replace table t as select md5(range::varchar) as n from range({900_000 >> 2 * turn})"
            )
            db.execute("checkpoint")
            assert warehouse_damage(settings) == ""
        assert warehouse_damage(settings) == ""


@pytest.mark.parametrize("damage", [_overwrite, _cut, _empty])
def test_a_damaged_file_is_named(settings: Settings, warehouse: Path, damage: Callable[[Path], None]) -> None:
    damage(warehouse)
    assert f"{warehouse} is damaged" in warehouse_damage(settings)
