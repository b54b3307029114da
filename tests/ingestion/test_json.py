"""JSON in the shapes in which it is delivered under the ending of another."""

import json

import pytest

from ingestion.contract import Column, Table

ROWS = [
    {"id": "1", "text": "第一\n行", "n": 1},
    {"id": "2", "amount": 10.50, "in": {"city": "上海"}},
    {"id": "3", "text": "]}{[,"},
]
LINES = Table(
    "lines",
    {"id": "text", "text": "text", "amount": "text", "city": Column("text", "$.in.city")},
    key=["id"],
    pattern="*.jsonl",
)
READ = [("1", "第一\n行", None, None), ("2", None, "10.5", "上海"), ("3", "]}{[,", None, None)]
TEXTS = [json.dumps(row, ensure_ascii=False) for row in ROWS]
PRETTY = [json.dumps(row, ensure_ascii=False, indent=2) for row in ROWS]
SHAPES = {
    "lines": "\n".join(TEXTS),
    "an array": f"[{','.join(TEXTS)}]",
    "an array, one element a line": "[\n" + ",\n".join(TEXTS) + "\n]\n",
    "an array, indented": "[\n" + ",\n".join(PRETTY) + "\n]",
    "documents on one line": "".join(TEXTS),
    "documents, indented": "\n".join(PRETTY),
    "a text sequence": "".join(f"\x1e{text}\n" for text in TEXTS),
    "with a mark": "\ufeff" + "\n".join(TEXTS),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_are_read_in_any_shape(desk, shape):
    trade = desk(LINES)
    trade.drop("a.jsonl", SHAPES[shape])
    report = trade.ingest()
    assert report.quarantined == 0
    assert trade.rows("lines", "id, text, amount, city", "id") == READ


def test_an_element_that_is_no_object_costs_itself(desk):
    trade = desk(LINES)
    trade.drop("a.jsonl", '[{"id": "1"}, 7, null, {"id": "2"}]')
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"lines": 2}, 2)
    assert [row[0] for row in trade.reasons()] == [2, 3]


def test_an_array_that_ends_in_the_middle_waits(desk):
    trade = desk(LINES)
    path = trade.drop("a.jsonl", SHAPES["an array, one element a line"][:-8])
    assert trade.ingest().waiting == ["a.jsonl"]
    path.write_text(SHAPES["an array"], encoding="utf-8")
    assert trade.ingest().loaded == {"lines": 3}


def test_a_broken_byte_costs_its_line(desk):
    trade = desk(LINES)
    trade.drop("a.jsonl", "\n".join(TEXTS).encode().replace("上".encode(), "上".encode()[:2]))
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"lines": 2}, 1)
    assert (2, "bytes that are no characters of the file's encoding") in trade.reasons()


def test_several_documents_in_a_file_are_all_taken_apart(desk):
    table = Table("docs", {"id": "text"}, key=["id"], pattern="*.json", records=lambda found: found["rows"])
    trade = desk(table)
    trade.drop("a.json", '{"rows": [{"id": "1"}]}\n{"rows": [{"id": "2"}, {"id": "3"}]}')
    assert trade.ingest().loaded == {"docs": 3}


def test_a_broken_byte_in_a_document_is_named_with_its_line(desk):
    table = Table("docs", {"id": "text"}, key=["id"], pattern="*.json", records=lambda found: found["rows"])
    trade = desk(table)
    trade.drop("a.json", '{"rows":\n[{"id": "张三丰"},\n{"id": "李'.encode() + b'\xe5"}]}')
    trade.ingest()
    assert trade.reasons() == [(0, "bytes that are no characters of the file's encoding in line 3")]
