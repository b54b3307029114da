"""Odd and hostile files are named and kept aside; the other files of the channel load."""

import gzip
import json
import os
import resource
import socket

import duckdb
import pytest

from ingestion.contract.table import Column, Table
from ingestion.readers import read_limits

HEADER = "order_id,amount\n"
ORDERS = Table("orders", {"order_id": "text", "amount": "decimal"}, key=["order_id"], pattern="orders*.csv")
LINES = Table("lines", {"id": "text", "text": "text"}, key=["id"], pattern="*.jsonl")
DOCUMENT = Table("docs", {"id": "text"}, key=["id"], pattern="*.json", records=lambda found: found["rows"])


def ids(trade, table="orders", column="order_id"):
    return [row[0] for row in trade.rows(table, column)]


def test_what_is_no_file_is_named_and_the_files_load(desk, caplog, monkeypatch):
    trade = desk(ORDERS)
    trade.drop("orders_1.csv", HEADER + "A1,1\n")
    elsewhere = trade.settings.home / "secret.csv"
    elsewhere.write_text(HEADER + "SECRET,1\n")
    (trade.landing / "orders_link.csv").symlink_to(elsewhere)
    (trade.landing / "orders_dangling.csv").symlink_to(trade.landing / "nothing")
    (trade.landing / "orders_loop.csv").symlink_to(trade.landing / "orders_loop.csv")
    (trade.landing / "orders_folder.csv").mkdir()
    trade.drop("orders_folder.csv/orders_2.csv", HEADER + "A2,2\n")
    (trade.landing / "linked").symlink_to(trade.settings.home)
    os.mkfifo(trade.landing / "orders_pipe.csv")
    with socket.socket(socket.AF_UNIX) as listening:
        with monkeypatch.context() as within:  # the system limits the length of a socket's path
            within.chdir(trade.landing)
            listening.bind("orders_socket.csv")
        report = trade.ingest()
    assert ids(trade) == ["A1", "A2"]
    assert {name: why.split(",")[0].split(";")[0] for name, why in report.refused.items()} == {
        "linked": "it is a link",
        "orders_dangling.csv": "it is a link",
        "orders_folder.csv": "it is a folder that is named like a file",
        "orders_link.csv": "it is a link",
        "orders_loop.csv": "it is a link",
        "orders_pipe.csv": "it is no file but a pipe",
        "orders_socket.csv": "it is no file but a pipe",
    }
    assert "orders_link.csv is not read: it is a link" in caplog.text


def test_a_file_that_may_not_be_opened_does_not_stop_the_others(desk, monkeypatch):
    trade = desk(ORDERS)
    closed = trade.drop("orders_1.csv", HEADER + "A1,1\n")
    trade.drop("orders_2.csv", HEADER + "A2,2\n")
    closed.chmod(0)
    report = trade.ingest()
    if os.getuid():  # the superuser may open anything
        assert (ids(trade), list(report.refused)) == (["A2"], ["orders_1.csv"])
    closed.chmod(0o600)
    trade.ingest()
    assert ids(trade) == ["A1", "A2"]


NAMES = {
    "订单.csv".encode("gbk"): "orders_订单.csv",
    b"\xff\xff.csv": "orders_\\xff\\xff.csv",
    b"[1].csv": "orders_[1].csv",
    b"*.csv": "orders_*.csv",
    b"a\nb\x1b[31m.csv": "orders_a\\nb\\x1b[31m.csv",
    b"'; drop table x; --.csv": "orders_'; drop table x; --.csv",
    b"a b{c}.CSV": "orders_a b{c}.CSV",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [HEADER + "A1,1\n", HEADER + 'A1,"1"\n\n'], ids=["quick", "careful"])
def test_any_name_of_a_file_is_shown_and_its_own_content_read(desk, name, content):
    trade = desk(ORDERS)
    trade.drop("orders_1.csv", HEADER + "OTHER,1\n")
    trade.ingest()
    trade.drop(os.fsdecode(b"orders_" + name), content)
    assert trade.ingest().loaded == {"orders": 1}
    assert trade.rows("orders", "order_id, _source_file")[0] == ("A1", NAMES[name])
    assert trade.ingest().skipped_files == 2


def test_a_file_of_the_quarantine_with_an_odd_name_is_found_again(desk):
    trade = desk(ORDERS)
    trade.drop(os.fsdecode("orders_单.csv".encode("gbk")), "id,amount\nA1,1\n")
    assert trade.ingest().quarantined == 1
    trade.declare(Table("orders", {"order_id": Column("text", "id")}, key=["order_id"], pattern="orders*.csv"))
    assert trade.replay().loaded == {"orders": 1}


@pytest.mark.parametrize("name", ["a.JSONL", "a.Jsonl.GZ"])
def test_endings_count_in_any_letter_case(desk, name):
    trade = desk(LINES)
    text = b'{"id": "1"}\n'
    trade.drop(name, gzip.compress(text) if name.endswith("GZ") else text)
    assert trade.ingest().loaded == {"lines": 1}


def test_a_packed_line_without_end_is_refused_in_bounded_memory(desk):
    trade = desk(LINES)
    blocks = gzip.compress(b"x" * (1 << 20)) * 200
    trade.drop("a.jsonl.gz", gzip.compress(b'{"id": "0", "text": "') + blocks)
    trade.drop("b.jsonl", '{"id": "1"}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"lines": 1}, 1)
    assert trade.rows("quarantine", "source_file, reason") == [("a.jsonl.gz", "line 1 is longer than 16 MB")]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def test_a_file_that_unpacks_to_far_more_than_it_is_is_refused(desk, monkeypatch):
    monkeypatch.setattr(read_limits, "MOST_UNPACKED", 1 << 20)
    trade = desk(ORDERS)
    trade.drop("orders_1.csv.gz", gzip.compress((HEADER + "A1,1\n" * 600_000).encode()))
    trade.drop("orders_2.csv", HEADER + "A2,2\n")
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"orders": 1}, 1)
    assert "unpacks to more than" in trade.reasons()[0][1]


def test_a_document_that_is_too_large_to_be_read_at_once_is_refused(desk, monkeypatch):
    monkeypatch.setattr(read_limits, "LARGEST_DOCUMENT", 1000)
    trade = desk(DOCUMENT)
    trade.drop("a.json", json.dumps({"rows": [{"id": str(n)} for n in range(500)]}))
    trade.ingest()
    assert "JSON lines" in trade.reasons()[0][1]


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize("row", [f'{{"id": "d", "text": {DEEP}}}', DEEP, "[" * 100_000, '{"id":' * 50_000])
def test_deep_json_costs_its_line(desk, row):
    trade = desk(LINES)
    trade.drop("a.jsonl", f'{{"id": "1", "text": "x"}}\n{row}\n{{"id": "2"}}\n')
    trade.drop("b.jsonl", '{"id": "3"}\n')
    report = trade.ingest()
    assert {"1", "2", "3"} <= set(ids(trade, "lines", "id"))
    assert report.physical_rows == 4


@pytest.mark.parametrize(
    "content",
    [
        f'{{"rows": {DEEP}}}',
        '{"rows": [{"id": "\\ud800"}]}',
        f'{{"rows": [{{"id": {"9" * 5000}}}]}}',
        '{"rows": [NaN]}',
    ],
    ids=["deep", "half a character", "a number of 5,000 digits", "no number"],
)
def test_a_hostile_document_is_kept_aside_and_the_others_load(desk, content):
    trade = desk(DOCUMENT)
    trade.drop("a.json", content)
    trade.drop("b.json", '{"rows": [{"id": "1"}]}')
    report = trade.ingest()
    assert ids(trade, "docs", "id") == ["1"]
    assert report.quarantined == 1


def test_a_damaged_parquet_file_is_kept_aside_and_the_others_load(desk):
    trade = desk(Table("events", {"event_id": "text"}, pattern="*.parquet"))
    for name, rows in (("a.parquet", 5000), ("b.parquet", 1)):
        duckdb.execute(f"copy (select 'e' || i as event_id from range({rows}) as r(i)) to '{trade.landing / name}'")
    content = bytearray((trade.landing / "a.parquet").read_bytes())
    content[30:2000] = bytes(255 - byte for byte in content[30:2000])
    trade.drop("a.parquet", bytes(content))
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"events": 1}, 5000)
    assert trade.reasons()[0][1].startswith("its data are damaged")


def test_zero_bytes_are_text_like_any_other_in_a_row_of_the_right_width(desk):
    trade = desk(ORDERS)
    trade.drop("orders_1.csv", HEADER.encode() + b"A1,1\n" + b"\0" * 5000 + b"\nA2,2\n")
    report = trade.ingest()
    assert (ids(trade), report.quarantined) == (["A1", "A2"], 1)
