import datetime as dt
import sqlite3

import duckdb
import pytest
import sqlalchemy as sa

from ingestion.contract.table import Column, Table
from ingestion.pipeline import SourceUnavailable, ingest
from ingestion.quarantine import unreadable_values
from ingestion.sources.database import Database, DatabaseSettings
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.operations.contact_permissions import Suppression, suppress
from stores.operations.operations_engine import engine, writing

CUSTOMERS = Table(
    name="customers",
    key=["id"],
    cursor="updated_at",
    columns={"id": "text", "name": "name", "phone": "phone", "points": "int", "updated_at": "timestamp"},
)


@pytest.fixture
def till(desk, monkeypatch):
    """A channel that reads a SQLite database, and a way to write into that."""
    trade = desk(CUSTOMERS, source=Database("sqlite:///{landing}/trade/till.db"))
    declare = trade.declare

    def redeclare(*tables):
        declare(*tables, source=Database("sqlite:///{landing}/trade/till.db"))
        object.__setattr__(trade.channel, "settings_model", DatabaseSettings)

    def configure(**section):
        trade.settings = trade.settings.model_copy(update={"channels": {"trade": section}})

    def write(statement, *rows):
        with sqlite3.connect(trade.landing / "till.db") as connection:
            connection.executemany(statement, rows) if rows else connection.execute(statement)
        connection.close()

    trade.declare, trade.configure, trade.write = redeclare, configure, write
    redeclare(CUSTOMERS)
    configure()
    return trade


def fill(till, *rows):
    till.write("create table if not exists customers (id text, name text, phone text, points, updated_at text)")
    till.write("insert into customers values (?, ?, ?, ?, ?)", *rows)


def test_only_what_changed_is_read_again_and_nothing_new_makes_no_load(till):
    fill(till, ("1", "王小明", "13812345678", 5, "2026-01-05 10:00:00"), ("2", None, "", None, "2026-01-05 10:00:00"))
    assert till.ingest().loaded == {"customers": 2}
    loads = list((till.settings.lake / "raw_trade" / "_dlt_loads").iterdir())
    report = till.ingest()
    assert (report.loaded, report.files) == ({"customers": 0}, 0)
    assert list((till.settings.lake / "raw_trade" / "_dlt_loads").iterdir()) == loads
    fill(
        till, ("3", "李雷", "13912345678", 1, "2026-01-05 10:00:00"), ("1", "王小明", "139", 6, "2026-01-06T09:00:00Z")
    )
    assert till.ingest().loaded == {"customers": 2}
    rows = till.rows("customers", "id, phone_mask, points, cast(updated_at as varchar), _source_file", "id, updated_at")
    assert rows == [
        ("1", "138****5678", 5, "2026-01-05 10:00:00", "sqlite:till.db:customers"),
        ("1", "****", 6, "2026-01-06 17:00:00", "sqlite:till.db:customers"),
        ("2", None, None, "2026-01-05 10:00:00", "sqlite:till.db:customers"),
        ("3", "139****5678", 1, "2026-01-05 10:00:00", "sqlite:till.db:customers"),
    ]


def test_a_row_that_was_committed_late_is_found_and_a_second_change_within_a_second_too(till):
    fill(till, ("1", "王小明", None, 5, "2026-01-05 10:00:00"))
    till.ingest()
    fill(till, ("2", "李雷", None, 1, "2026-01-05 09:58:00"), ("1", "王小明", None, 6, "2026-01-05 10:00:00"))
    assert till.ingest().loaded == {"customers": 2}
    assert till.ingest().loaded == {"customers": 0}


def test_a_row_with_an_empty_cursor_arrives_once_and_again_when_it_changes(till):
    fill(till, ("1", "王小明", None, 5, "2026-01-05 10:00:00"), ("2", "李雷", None, 1, None))
    assert till.ingest().loaded == {"customers": 2}
    assert till.ingest().loaded == {"customers": 0}
    fill(till, ("3", "韩梅梅", None, 1, None), ("4", "小红", None, 1, ""), ("5", "小明", None, 1, "  "))
    report = till.ingest()
    assert (report.loaded, report.quarantined) == ({"customers": 2}, 1)  # blanks are no time
    for points in (2, 1):
        till.write(f"update customers set points = {points} where id = '2'")
        assert till.ingest().loaded == {"customers": 1}
        assert till.ingest().loaded == {"customers": 0}
    assert till.rows("customers", "points", "_dlt_load_id desc")[0] == (1,)


@pytest.mark.parametrize(("days", "at_once"), [(6, 1), (40, 0)])
def test_a_row_that_was_committed_days_late_arrives_and_one_of_weeks_with_the_next_full_comparison(
    till, monkeypatch, days, at_once
):
    monkeypatch.setenv("GUANXI_NOW", "2026-03-01T12:00:00")
    fill(till, ("1", "王小明", None, 5, "2026-03-01 10:00:00"))
    till.ingest()
    late = dt.datetime(2026, 3, 1, 10) - dt.timedelta(days=days)
    fill(till, ("2", "李雷", None, 1, f"{late}"))
    assert till.ingest().loaded == {"customers": at_once}
    monkeypatch.setenv("GUANXI_NOW", "2026-03-08T12:00:00")
    assert till.ingest().loaded == {"customers": 1 - at_once}
    assert till.ingest().loaded == {"customers": 0}
    assert till.rows("customers", "id") == [("1",), ("2",)]


def test_look_back_and_full_comparison_can_be_declared_a_table(till, monkeypatch):
    monkeypatch.setenv("GUANXI_NOW", "2026-03-01T12:00:00")
    till.declare(Table(**{**CUSTOMERS.__dict__, "lookback_days": 0, "compare_days": 0}))
    fill(till, ("1", "王小明", None, 5, "2026-03-01 10:00:00"))
    till.ingest()
    fill(till, ("2", "李雷", None, 1, "2026-02-20 10:00:00"))
    monkeypatch.setenv("GUANXI_NOW", "2026-12-01T12:00:00")
    assert till.ingest().loaded == {"customers": 0}
    with pytest.raises(UserError, match="lookback_days"):
        Table("t", {"at": "timestamp"}, cursor="at", lookback_days=-1)
    with pytest.raises(UserError, match="must be of type timestamp"):
        Table("t", {"at": "int"}, cursor="at")


def test_a_table_without_cursor_or_key_is_compared_and_never_loaded_twice(till):
    till.declare(Table("customers", {"id": "text", "name": "name", "points": "int"}))
    fill(till, ("1", "王小明", None, 5, None), ("2", "李雷", None, 1, None))
    assert till.ingest().loaded == {"customers": 2}
    fill(till, ("2", "李雷", None, 7, None))
    assert till.ingest().loaded == {"customers": 1}
    assert till.ingest().loaded == {"customers": 0}


def test_two_rows_with_one_key_are_not_loaded_over_and_over(till):
    fill(till, ("1", "王小明", None, 5, "2026-01-05 10:00:00"), ("1", "王小明", None, 6, "2026-01-05 09:00:00"))
    assert till.ingest().loaded == {"customers": 2}
    assert till.ingest().loaded == {"customers": 0}


def test_a_row_with_a_wrong_value_is_kept_aside_once(till):
    fill(till, ("1", "王小明", None, "many", "2026-01-05 10:00:00"), ("2", None, None, 1, "2026-01-05 10:00:00"))
    report = till.ingest()
    assert (report.loaded, report.quarantined) == ({"customers": 1}, 1)
    assert till.ingest().quarantined == 0
    till.declare(Table(**{**CUSTOMERS.__dict__, "columns": {**CUSTOMERS.columns, "points": Column("text")}}))
    assert till.replay().loaded == {"customers": 1}
    assert till.ingest().loaded == {"customers": 0}


def test_a_wrong_clock_in_the_source_does_not_hide_later_rows(till, monkeypatch):
    monkeypatch.setenv("GUANXI_NOW", "2026-01-10T00:00:00")
    fill(till, ("1", None, None, 1, "2999-01-01 00:00:00"))
    till.ingest()
    fill(till, ("2", None, None, 1, "2026-01-11 00:00:00"))
    assert till.ingest().loaded == {"customers": 1}


def test_a_missing_column_is_told_and_mended_without_losing_rows(till):
    till.write("create table customers (id text, updated_at text)")
    till.write("insert into customers values ('1', '2026-01-05 10:00:00')")
    till.declare(
        Table(
            "customers", {**CUSTOMERS.columns, "shop": Column("text", required=True)}, key=["id"], cursor="updated_at"
        )
    )
    assert (till.ingest().quarantined, till.ingest().quarantined) == (1, 0)
    assert till.reasons() == [(0, "required columns missing: shop")]
    till.declare(CUSTOMERS)
    assert till.ingest().loaded == {"customers": 1}


def test_a_store_without_the_table_yet_has_nothing_to_tell(till):
    assert till.ingest().files == 0
    till.write("create table other (id text)")
    assert till.ingest().files == 0
    assert till.rows("customers") == []


def test_a_source_that_is_down_is_named_and_what_was_loaded_stays(till):
    fill(till, ("1", "王小明", None, 5, "2026-01-05 10:00:00"))
    till.ingest()
    till.configure(url="sqlite:////nowhere/till.db")
    with pytest.raises(SourceUnavailable, match="no file"):
        till.ingest()
    till.configure(attempts=2, retry_seconds=0)
    (till.landing / "till.db").write_bytes(b"this is no database at all, but long enough to look like one " * 50)
    with pytest.raises(SourceUnavailable, match="does not answer"):
        till.ingest()
    assert till.rows("customers", "id") == [("1",)]


def test_typed_columns_of_a_database_are_compared_as_they_are(till):
    engine = sa.create_engine(f"sqlite:///{till.landing / 'till.db'}")
    meta = sa.MetaData()
    table = sa.Table(
        "customers",
        meta,
        sa.Column("id", sa.Integer),
        sa.Column("points", sa.Numeric(10, 2)),
        sa.Column("updated_at", sa.DateTime),
    )
    meta.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"id": 1, "points": 3, "updated_at": dt.datetime(2026, 1, 5, 10)}])
    assert till.ingest().loaded == {"customers": 1}
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"id": 2, "points": 4, "updated_at": dt.datetime(2026, 1, 5, 10)}])
    engine.dispose()
    assert till.ingest().loaded == {"customers": 1}
    assert till.rows("customers", "id, points") == [("1", 3), ("2", 4)]


def test_the_operations_store_is_read_back_in_business_time(settings):
    engine(settings)
    open_keyring(settings)
    with writing(engine(settings)) as connection:
        suppress(connection, [Suppression("phone", "t1", "sms", "complained")], settings.now())
    assert ingest(settings, "operations").loaded["suppressions"] == 1
    assert ingest(settings, "operations").loaded["suppressions"] == 0
    folder = settings.lake / "raw_operations"
    query = f"select identifier_token, is_active, updated_at from read_parquet('{folder}/suppressions/*.parquet')"
    ((token, active, updated_at),) = duckdb.execute(query).fetchall()
    assert (token, active) == ("t1", True)
    assert abs(settings.now().replace(tzinfo=None) - updated_at) < dt.timedelta(hours=1)
    assert duckdb.execute(f"select reason from read_parquet('{folder}/quarantine/*.parquet')").fetchall() == []


def test_rows_with_values_that_cannot_be_read_are_told_by_their_keys_unless_those_are_personal(till, monkeypatch):
    monkeypatch.setattr(unreadable_values, "discover", lambda: {"trade": till.channel})
    keys = ["M4089626170", "13812345678", "11010519491231002X", "a@b.example", "17"]
    fill(till, *((key, None, "call me", 1, "2026-01-05 10:00:00") for key in keys))
    till.ingest()
    (told,) = unreadable_values.unreadable_groups(till.settings)
    assert told.reason.partition("; ")[2] == "id M4089626170, ****, ****, ****, 17"
