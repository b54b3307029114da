"""Histories in the lake: what the warehouse adds is appended once, and comes back where the warehouse is gone."""

import logging
from collections.abc import Callable
from datetime import date

import duckdb
import pytest

from stores.errors import UserError
from stores.lake import history
from stores.lake.history import append_history, check_history, reset_to_published, restore_history
from stores.settings import Settings
from stores.warehouse import publish

TABLES = [("identity", "events"), ("identity", "register")]
Change = Callable[..., None]


@pytest.fixture
def change(settings: Settings) -> Change:
    """Runs statements on a warehouse with one history; another one was never built."""
    settings.warehouse_path.parent.mkdir(parents=True)

    def run(*statements: str) -> None:
        with duckdb.connect(str(settings.warehouse_path)) as warehouse:
            for statement in statements:
                warehouse.execute(statement)

    run("create schema identity", "create table identity.events (event text, happened_at timestamp, profiles int)")
    run("insert into identity.events values ('created', '2026-06-01 10:00:00.123456', 2)")
    return run


def lost(settings: Settings) -> None:
    settings.warehouse_path.unlink()


def rows(settings: Settings) -> list[tuple]:
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        return warehouse.execute("from identity.events order by all").fetchall()


def files(settings: Settings) -> int:
    return len(list((settings.lake / "history" / "events").glob("*.parquet")))


def test_each_row_is_appended_once_and_a_lost_warehouse_gets_all_of_them(settings: Settings, change: Change) -> None:
    assert append_history(settings, TABLES) == {"events": 1}
    assert append_history(settings, TABLES) == {}
    change(
        "insert into identity.events values ('merged', '2026-06-02 10:00:00', 1), ('merged', '2026-06-02 10:00:00', 1)"
    )
    assert append_history(settings, TABLES) == {"events": 2}, "rows that are alike are two rows"
    assert files(settings) == 2
    before = rows(settings)
    lost(settings)
    assert restore_history(settings, TABLES) == {"events": 3}
    assert rows(settings) == before
    assert restore_history(settings, TABLES) == {}, "what is there stays as it is"
    assert append_history(settings, TABLES) == {}


def test_a_column_that_came_later_is_empty_in_the_rows_before(settings: Settings, change: Change) -> None:
    append_history(settings, TABLES)
    change("alter table identity.events add column cause text")
    assert append_history(settings, TABLES) == {}
    change("insert into identity.events values ('merged', '2026-06-02 10:00:00', 1, 'same phone')")
    assert append_history(settings, TABLES) == {"events": 1}
    before = rows(settings)
    lost(settings)
    restore_history(settings, TABLES)
    assert rows(settings) == before


def test_a_table_that_grows_by_a_number_is_compared_by_that_number(settings: Settings, change: Change) -> None:
    grows_by = {TABLES[0]: "profiles"}
    change("insert into identity.events values ('merged', '2026-06-02 10:00:00', 3)")
    assert append_history(settings, TABLES, grows_by) == {"events": 2}
    assert append_history(settings, TABLES, grows_by) == {}
    change("insert into identity.events values ('merged', '2026-06-03 10:00:00', 4)")
    assert append_history(settings, TABLES, grows_by) == {"events": 1}
    before = rows(settings)
    lost(settings)
    assert restore_history(settings, TABLES) == {"events": 3}
    assert rows(settings) == before


def test_an_older_warehouse_that_went_on_by_itself_loses_no_row_though_its_numbers_are_taken(
    settings: Settings, change: Change
) -> None:
    grows_by = {TABLES[0]: "profiles"}
    change("insert into identity.events values ('merged', '2026-06-02 10:00:00', 3)")
    append_history(settings, TABLES, grows_by)
    change("delete from identity.events where profiles = 3")
    change("insert into identity.events values ('split', '2026-06-04 10:00:00', 3)")
    assert append_history(settings, TABLES, grows_by) == {"events": 1}


GROWS_BY = {("identity", "steps"): "change_no"}


def steps(settings: Settings) -> list[int]:
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        return [
            number for (number,) in warehouse.execute("select change_no from identity.steps order by all").fetchall()
        ]


def test_what_was_never_published_is_taken_back(settings: Settings, change: Change) -> None:
    change("create table identity.steps as select 1 as change_no, 'enters' as step")
    assert reset_to_published(settings, GROWS_BY) == {"steps": 0}, "the very first build was stopped"
    append_history(settings, TABLES)
    assert steps(settings) == []
    change("insert into identity.steps values (1, 'enters')")
    append_history(settings, GROWS_BY, GROWS_BY)
    assert reset_to_published(settings, GROWS_BY) == {}
    change("insert into identity.steps values (2, 'enters'), (2, 'goes on')")
    assert reset_to_published(settings, GROWS_BY) == {"steps": 1}
    assert steps(settings) == [1]
    assert len(rows(settings)) == 1, "another history keeps what it has"


def test_a_warehouse_put_back_from_a_backup_has_again_what_was_published(settings: Settings, change: Change) -> None:
    change("create table identity.steps as select unnest([1, 2]) as change_no, 'goes on' as step")
    append_history(settings, GROWS_BY, GROWS_BY)
    change("delete from identity.steps where change_no = 2")
    assert reset_to_published(settings, GROWS_BY) == {"steps": 2}
    assert steps(settings) == [1, 2]


def test_a_lake_that_lost_its_histories_takes_nothing_back(settings: Settings, change: Change) -> None:
    change("create table identity.steps as select 1 as change_no, 'enters' as step", "create schema marts")
    change("create table marts.customers as select 'c' as customer_id")
    publish(settings, "run", date(2026, 6, 30), None)
    assert reset_to_published(settings, GROWS_BY) == {}
    assert steps(settings) == [1]


def test_a_warehouse_without_histories_in_its_lake_begins_empty(settings: Settings) -> None:
    assert restore_history(settings, TABLES) == {}
    assert not settings.warehouse_path.exists()


def test_who_dies_before_the_manifest_leaves_nothing_that_counts(
    settings: Settings, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_history(settings, TABLES)
    change("insert into identity.events values ('merged', '2026-06-02 10:00:00', 1)")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(history, "write_json", dies)
        with pytest.raises(KeyboardInterrupt):
            append_history(settings, TABLES)
    assert append_history(settings, TABLES) == {"events": 1}
    assert files(settings) == 2, "the part that does not count is gone"
    before = rows(settings)
    lost(settings)
    restore_history(settings, TABLES)
    assert rows(settings) == before


def test_many_parts_become_one(settings: Settings, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_MOST_PARTS", 3)
    for number in range(6):
        change(f"insert into identity.events values ('grown', '2026-06-02 10:00:00', {number})")
        append_history(settings, TABLES)
    assert files(settings) <= 3
    before = rows(settings)
    lost(settings)
    restore_history(settings, TABLES)
    assert rows(settings) == before


def test_an_older_warehouse_put_back_is_warned_of(
    settings: Settings, change: Change, caplog: pytest.LogCaptureFixture
) -> None:
    append_history(settings, TABLES)
    change("delete from identity.events", "insert into identity.events values ('created', '2026-06-03 10:00:00', 1)")
    with caplog.at_level(logging.WARNING):
        assert append_history(settings, TABLES) == {"events": 1}
    assert "events lacks 1 rows that the lake has of it" in caplog.text


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda folder, part: part.write_bytes(part.read_bytes()[:-4] + b"RAP1"), "other content"),
        (lambda folder, part: part.unlink(), "missing or has another size"),
        (lambda folder, part: (folder / "manifest.json").write_text("{"), "cannot be read"),
    ],
)
def test_damage_is_found_and_nothing_is_made_of_it(
    settings: Settings, change: Change, damage: Callable[..., None], what: str
) -> None:
    append_history(settings, TABLES)
    check_history(settings, contents=True)
    folder = settings.lake / "history"
    damage(folder, next(folder.glob("events/*.parquet")))
    with pytest.raises(UserError, match=what):
        check_history(settings, contents=True)
    lost(settings)
    with pytest.raises(UserError, match=what):
        restore_history(settings, TABLES)
