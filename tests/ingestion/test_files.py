import fcntl
import os
import threading

import duckdb
import pytest

from ingestion import pipeline
from ingestion.contract.channel import Channel
from ingestion.contract.table import Column, Table
from ingestion.sources import landing_folder
from stores.errors import UserError
from stores.lake.reader import completed_loads

HEADER = "订单号,姓名,手机,金额,备注,下单时间\n"
ONE = HEADER + "A1,王小明,13812345678,10.50,请打13812345678,2026-01-05 10:00:00\n"
TWO = HEADER + "A2,李雷,13912345678,20,,2026-01-06\n"


def orders(trade):
    return [row[0] for row in trade.rows("orders", "order_id")]


def test_a_file_is_loaded_once_whatever_it_is_called_or_dated(desk):
    trade = desk()
    first = trade.drop("orders_1.csv", ONE)
    assert trade.ingest().loaded == {"orders": 1}
    trade.drop("orders_copy.csv", ONE)
    first.rename(trade.landing / "orders_renamed.csv")
    os.utime(trade.landing / "orders_renamed.csv", (1, 1))
    report = trade.ingest()
    assert (report.loaded, report.skipped_files) == ({"orders": 0}, 2)
    late = trade.drop("orders_late.csv", TWO)
    os.utime(late, (1, 1))
    assert trade.ingest().loaded == {"orders": 1}
    assert orders(trade) == ["A1", "A2"]


def test_a_changed_file_is_a_new_file(desk):
    trade = desk()
    trade.drop("orders.csv", ONE)
    trade.ingest()
    trade.drop("orders.csv", ONE + "A3,,,1,,\n")
    assert trade.ingest().loaded == {"orders": 2}


def test_every_lake_row_says_where_it_came_from_and_holds_no_clear_value(desk):
    trade = desk()
    trade.drop("sub/orders.csv", ONE)
    trade.ingest()
    (row,) = trade.rows(
        "orders", "_source_file, length(_file_id), _line, note, name_mask, phone_mask, name_token is not null"
    )
    assert row == ("sub/orders.csv", 64, 2, "请打【手机】", "王*", "138****5678", True)
    for file in trade.settings.home.rglob("*"):
        if file.is_file() and "landing" not in file.parts:
            content = file.read_bytes()
            assert b"13812345678" not in content
            assert "王小明".encode() not in content


def test_half_written_files_wait_and_then_load(desk, monkeypatch):
    trade = desk()
    trade.drop("orders.csv.part", ONE)
    trade.drop("~$orders.csv", "x")
    whole = trade.drop("orders.csv", ONE)
    trade.settings = trade.settings.model_copy(update={"channels": {"trade": {"settle_seconds": 60}}})

    def grow(seconds):
        assert 0 < seconds <= 60
        whole.write_text(ONE + "A2,", encoding="utf-8")

    monkeypatch.setattr(landing_folder.time, "sleep", grow)
    report = trade.ingest()
    assert sorted(report.waiting) == ["orders.csv", "orders.csv.part"]
    assert report.files == 0
    whole.write_text(ONE + TWO.removeprefix(HEADER), encoding="utf-8")
    monkeypatch.setattr(landing_folder.time, "sleep", lambda seconds: None)
    assert trade.ingest().loaded == {"orders": 2}


def test_a_parquet_file_without_its_footer_waits(desk):
    trade = desk(Table("events", {"event_id": "text"}, pattern="*.parquet"))
    path = trade.landing / "events.parquet"
    duckdb.execute(f"copy (select 'e1' as event_id) to '{path}'")
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    assert trade.ingest().waiting == ["events.parquet"]
    assert trade.rows("file_ledger") == []
    path.write_bytes(whole)
    assert trade.ingest().loaded == {"events": 1}


def test_new_missing_and_retyped_columns_are_met_with_a_word(desk):
    trade = desk()
    trade.drop("orders_1.csv", "订单号,金额,手机号,颜色\nA1,很多,13812345678,红\nA2,5,,蓝\n")
    trade.drop("orders_2.csv", "金额\n5\n6\n")
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"orders": 1}, 3)
    assert trade.rows("quarantine", "source_file, line, reason", "source_file, line, reason") == [
        ("orders_1.csv", 0, "unknown column '手机号': its values were not read"),
        ("orders_1.csv", 0, "unknown column '颜色': its values were not read"),
        ("orders_1.csv", 2, "amount: text of 2 characters is not a decimal number"),
        (
            "orders_2.csv",
            0,
            "required columns missing: order_id; the header that was seen is '金额'. If a title stands above the "
            "header, say skip_rows. If a column is called otherwise, add that name to its `header`",
        ),
    ]
    ledger = trade.rows("file_ledger", "source_file, physical_rows, loaded_rows, quarantined_rows", "source_file")
    assert ledger == [("orders_1.csv", 2, 1, 1), ("orders_2.csv", 2, 0, 2)]
    (shown,) = trade.rows("quarantine", "row", "line desc limit 1")
    assert shown[0] == '{"订单号": "A1", "金额": "****", "手机号": "****", "颜色": "****"}'


def test_a_file_that_no_table_takes_is_named(desk):
    trade = desk()
    trade.drop("invoices.csv", "x\n1\n")
    assert trade.ingest().unclaimed == ["invoices.csv"]


def test_every_declared_table_can_be_read_before_the_first_row(desk):
    trade = desk()
    trade.ingest()
    for table in ("orders", "quarantine", "quarantine_replays", "file_ledger"):
        assert trade.rows(table) == []
    folder = trade.settings.lake / "raw_trade"
    with duckdb.connect() as connection:
        assert connection.execute(completed_loads(folder)).fetchall() == []
        described = connection.execute(f"describe select * from read_parquet('{folder}/orders/*.parquet')").fetchall()
    assert ("amount", "DECIMAL(18,2)") in [row[:2] for row in described]
    assert "_dlt_load_id" in [row[0] for row in described]


def test_a_column_added_to_the_contract_is_readable_over_old_and_new_files(desk):
    trade = desk(Table("orders", {"order_id": "text"}, pattern="*.csv"))
    trade.drop("orders_1.csv", "order_id\nA1\n")
    trade.ingest()
    trade.declare(Table("orders", {"order_id": "text", "amount": "decimal"}, pattern="*.csv"))
    trade.drop("orders_2.csv", "order_id,amount\nA2,5\n")
    trade.ingest()
    assert trade.rows("orders", "order_id, cast(amount as varchar)") == [("A1", None), ("A2", "5.00")]


def test_a_source_of_ones_own_needs_a_declaration_only(desk):
    lines = Table(
        name="order_lines",
        pattern="online_retail*.csv.gz",
        columns={
            "invoice": Column("text", "Invoice", required=True),
            "quantity": Column("int", "Quantity"),
            "ordered_at": Column("timestamp", "InvoiceDate", formats="%m/%d/%Y %H:%M"),
            "price": Column("decimal", "Price", scale=4),
            "customer_id": Column("text", "Customer ID"),
        },
    )
    trade = desk(lines)
    import gzip

    text = 'Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID\n536365,"A, B",6,12/1/2010 8:26,2.5512,17850.0\n'
    trade.drop("online_retail_II.csv.gz", gzip.compress((text * 1).encode("utf-8-sig")))
    trade.ingest()
    rows = trade.rows(
        "order_lines", "invoice, quantity, cast(ordered_at as varchar), cast(price as varchar), customer_id"
    )
    assert rows == [("536365", 6, "2010-12-01 08:26:00", "2.5512", "17850.0")]


def test_a_second_run_waits_for_the_first(desk, caplog):
    trade = desk()
    trade.drop("orders.csv", ONE)
    place = trade.settings.state / "locks" / "ingest_trade.lock"
    place.parent.mkdir(parents=True)
    done = threading.Event()
    with place.open("w") as held, caplog.at_level("INFO"):
        fcntl.flock(held, fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: (trade.ingest(), done.set()))
        second.start()
        while "waiting for it to end" not in caplog.text:
            assert not done.is_set()
        assert orders_folder_is_empty(trade)
        fcntl.flock(held, fcntl.LOCK_UN)
        second.join()
    assert orders(trade) == ["A1"]


def orders_folder_is_empty(trade):
    return not list((trade.settings.lake / "raw_trade" / "orders").glob("*.parquet"))


def test_mistakes_in_a_declaration_are_told_plainly(settings):
    with pytest.raises(UserError, match="type 'money' is unknown"):
        Column("money")
    with pytest.raises(UserError, match="key 'x' must be a declared column"):
        Table("orders", {"a": "text"}, key=["x"], pattern="*.csv")
    with pytest.raises(UserError, match="cannot be told from its ending"):
        Table("orders", {"a": "text"}, pattern="orders")
    with pytest.raises(UserError, match="`pattern` is missing"):
        Channel("trade", "贸易", [Table("orders", {"a": "text"})])
    with pytest.raises(UserError, match="no channel 'nonsense'"):
        pipeline.ingest(settings, "nonsense")


def test_wrong_settings_name_section_and_field(desk):
    trade = desk()
    trade.settings = trade.settings.model_copy(update={"channels": {"trade": {"settle_second": 1}}})
    with pytest.raises(UserError, match=r"channels\.trade.*settle_second"):
        trade.ingest()
