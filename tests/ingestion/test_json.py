"""JSON in the shapes in which it is delivered under the ending of another."""

import json

import pytest

from ingestion.contract.table import Column, Table

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


def test_an_object_that_says_a_thing_twice_is_kept_aside(desk):
    trade = desk(LINES)
    trade.drop("a.jsonl", '{"id": "1", "text": "a", "text": "b"}\n{"id": "2"}\n{"id": "3", "id": "4"}\n')
    trade.drop("b.jsonl", '[{"id": "5"}, {"id": "6", "amount": 1, "amount": 2}]')
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"lines": 2}, 3)
    assert {reason for _, reason in trade.reasons()} == {"an object names a key twice"}
    assert [row[0] for row in trade.rows("lines", "id")] == ["2", "5"]


def test_a_document_that_says_a_thing_twice_is_refused(desk):
    table = Table("docs", {"id": "text"}, key=["id"], pattern="*.json", records=lambda found: found["rows"])
    trade = desk(table)
    trade.drop("a.json", '{"rows": [{"id": "1"}], "rows": [{"id": "2"}]}')
    assert trade.ingest().quarantined == 1
    assert trade.reasons() == [(0, "an object names the key 'rows' twice")]


@pytest.mark.parametrize("text", ["[]", " [ ]\n"])
def test_an_array_of_nothing_is_no_fault(desk, text):
    trade = desk(LINES)
    trade.drop("a.jsonl", text)
    report = trade.ingest()
    assert (sum(report.loaded.values()), report.quarantined) == (0, 0)
    assert trade.ingest().skipped_files == 1


def test_a_document_without_rows_is_no_fault(desk):
    table = Table("docs", {"id": "text"}, key=["id"], pattern="*.json", records=lambda found: found["rows"])
    trade = desk(table)
    trade.drop("a.json", '{"rows": []}')
    assert trade.ingest().quarantined == 0


@pytest.mark.parametrize("text", ['"a"\n"b"\n', "1\n", "[1]\n[2]\n", '{"id": "1"},\n{"id": "2"},\n', "id,text\n1,2\n"])
def test_lines_of_something_else_are_told(desk, text):
    trade = desk(LINES)
    trade.drop("a.jsonl", text)
    trade.ingest()
    ((_, reason),) = trade.reasons()
    assert reason == "no line is a JSON object"


def test_a_file_of_blanks_is_empty(desk):
    trade = desk(LINES)
    trade.drop("a.jsonl", " \n\n")
    trade.ingest()
    assert trade.reasons() == [(0, "empty file")]


def test_a_field_whose_inside_a_json_path_reads_is_no_unknown_one(desk):
    columns = {
        "id": "text",
        "owner": Column("text", "$.klient.nr"),
        "place": Column("text", '$."Miejsce wizyty".miasto'),
        "first": Column("text", "$.lista[0]"),
    }
    trade = desk(Table("lines", columns, key=["id"], pattern="*.jsonl"))
    row = {"id": "1", "klient": {"nr": "7"}, "Miejsce wizyty": {"miasto": "Lublin"}, "lista": ["a"], "inne": 1}
    trade.drop("a.jsonl", json.dumps(row))
    assert trade.ingest().loaded == {"lines": 1}
    assert trade.rows("lines", "owner, place, first") == [("7", "Lublin", "a")]
    assert trade.reasons() == [(0, "unknown column 'inne': its values were not read")]
