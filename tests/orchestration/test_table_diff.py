"""Two tables compared: rows added, removed and changed, and in which columns."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.branch_diff.table_diff import compare_tables


@pytest.fixture
def db():
    with duckdb.connect() as connection:
        connection.execute(
            "create table a as from (values (1, 'x', 0.1), (2, 'y', 0.2), (3, null, 0.3)) as t (id, name, n)"
        )
        yield connection


def test_rows_are_matched_by_their_key_and_counted_by_column(db):
    db.execute("create table b as from (values (2, 'z', 0.2), (3, null, 0.4), (4, 'x', 0.1)) as t (id, name, n)")
    found = compare_tables(db, "a", "b", ["id"])
    assert (found.added, found.removed, found.changed, found.before, found.after) == (1, 1, 2, 3, 3)
    assert found.columns == {"n": 1, "name": 1}
    assert found.differs


def test_without_a_key_whole_rows_are_counted(db):
    db.execute("create table b as from a union all (select * from a limit 1)")
    found = compare_tables(db, "a", "b", [])
    assert (found.added, found.removed, found.changed) == (1, 0, 0)


def test_columns_that_come_and_go_are_named_and_the_others_compared(db):
    db.execute("create table b as select id, n, 'new' as city from a")
    found = compare_tables(db, "a", "b", ["id"])
    assert (found.columns_added, found.columns_removed, found.changed) == (["city"], ["name"], 0)
    assert found.differs


def test_last_digits_of_a_sum_and_columns_that_name_a_run_are_no_difference(db):
    db.execute("create table b as select id, name, n, 'r1' as run_id from a; alter table a add column run_id text")
    db.execute("update b set n = n + 1e-12")
    assert not compare_tables(db, "a", "b", ["id"], ignored=["run_id"]).differs


def test_a_table_that_is_new_or_gone_is_a_difference_even_when_empty(db):
    db.execute("create table b as from a limit 0")
    new, gone = compare_tables(db, "nowhere", "b", ["id"]), compare_tables(db, "b", "nowhere", ["id"])
    assert (new.before, new.after, new.differs) == (None, 0, True)
    assert (gone.before, gone.after, gone.differs) == (0, None, True)


ROWS = st.dictionaries(st.integers(0, 6), st.sampled_from(["x", "y", None]), max_size=6)


@given(before=ROWS, after=ROWS)
def test_what_is_added_removed_changed_or_the_same_is_every_row(before, after):
    with duckdb.connect() as connection:
        for name, rows in (("a", before), ("b", after)):
            connection.execute(f"create table {name} (id int, name text)")
            for row in rows.items():
                connection.execute(f"insert into {name} values (?, ?)", row)
        found = compare_tables(connection, "a", "b", ["id"])
    same = [key for key in before.keys() & after.keys() if before[key] == after[key]]
    assert found.added == len(after.keys() - before.keys())
    assert found.removed == len(before.keys() - after.keys())
    assert found.before == found.removed + found.changed + len(same)
