"""What stands above the rows: separator lines, titles, headers in an unexpected place."""

import gzip

import pytest

from ingestion.contract.table import Column, Table

MEMBERS = Table(
    "members",
    {"member_id": Column("text", "编号"), "name": Column("name", "姓名"), "phone": Column("phone", "手机")},
    key=["member_id"],
    pattern="members*.csv*",
    format="csv",
)
ROWS = "编号,姓名,手机\nM1,王小明,13812345678\nM2,李雷,13912345678\n"


def ids(trade):
    return trade.rows("members", "member_id, _line")


@pytest.mark.parametrize("mark", ["sep=;", "SEP=;", '"sep=;"', "sep=;\r"])
def test_a_separator_line_says_the_delimiter_and_is_no_row(desk, mark):
    trade = desk(MEMBERS)
    trade.drop("members.csv", f"{mark}\n" + ROWS.replace(",", ";"))
    assert trade.ingest().quarantined == 0
    assert ids(trade) == [("M1", 3), ("M2", 4)]


@pytest.mark.parametrize("title", ["会员名单（内部）\n", "会员名单,,\n\n", '"2026 年\n会员",,\n', ",,\n,,\n"])
def test_a_title_above_the_header_is_passed_over_with_a_word(desk, title):
    trade = desk(MEMBERS)
    trade.drop("members.csv", title + ROWS)
    assert trade.ingest().quarantined == 0
    first = title.count("\n") + 1
    assert ids(trade) == [("M1", first + 1), ("M2", first + 2)]
    if title.strip(",\n"):
        assert trade.reasons() == [(0, trade.reasons()[0][1])]
        assert f"the header was found in line {first}" in trade.reasons()[0][1]


def test_a_header_that_is_not_found_is_shown_with_what_to_do(desk):
    trade = desk(MEMBERS)
    trade.drop("members.csv", ROWS.replace("编号", "会员号"))
    assert trade.ingest().quarantined == 2
    ((_, reason),) = trade.reasons()
    assert "required columns missing: member_id; the header that was seen is '会员号', '姓名', '手机'" in reason
    assert "skip_rows" in reason


def test_a_first_row_of_data_is_never_shown_as_a_header(desk):
    trade = desk(MEMBERS)
    trade.drop("members.csv", "M1,王小明,13812345678\nM2,李雷,13912345678\n")
    trade.ingest()
    ((_, reason),) = trade.reasons()
    assert "王小明" not in reason
    assert "has_header=False" in reason


def test_a_word_of_the_contract_among_the_rows_makes_no_header(desk):
    table = Table("notes", {"name": "text", "text": "text"}, pattern="*.csv")
    trade = desk(table)
    trade.drop("notes.csv", "name,text\nname,x\ny,text\n")
    trade.ingest()
    assert trade.rows("notes", "name, text, _line", "_line") == [("name", "x", 2), ("y", "text", 3)]


def test_a_header_may_have_a_name_of_two_lines(desk):
    trade = desk(MEMBERS)
    trade.drop("members.csv", ROWS.replace("姓名", '"姓名\n（必填）"'))
    assert trade.ingest().loaded == {"members": 2}
    assert ids(trade) == [("M1", 3), ("M2", 4)]


@pytest.mark.parametrize(
    "header",
    [
        "\u200b编号,姓\u200b名,\u202d手机\u202c\n",
        "\ufeff编号, 姓名 ,手机\u00a0\n",
        "编号\u3000,\ufeff姓名,手\u2060机\n",
    ],
    ids=["zero width", "two marks", "wide blanks"],
)
def test_what_nobody_sees_in_a_header_does_not_count(desk, header):
    trade = desk(MEMBERS)
    trade.drop("members.csv", b"\xef\xbb\xbf" + ROWS.replace("编号,姓名,手机\n", header).encode())
    assert trade.ingest().loaded == {"members": 2}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(ROWS.encode()), "a gzip file"),
        (gzip.compress(gzip.compress(ROWS.encode())), "a gzip file"),
        (b"PK\x03\x04" + ROWS.encode(), "a zip archive or a workbook"),
        (b"\xd0\xcf\x11\xe0" + ROWS.encode(), "a workbook of the old format"),
        (b"PAR1" + ROWS.encode(), "a Parquet file"),
        (b"%PDF-1.7\n" + ROWS.encode(), "a PDF"),
    ],
    ids=["gzip", "gzip twice", "zip", "old workbook", "parquet", "pdf"],
)
def test_a_file_of_another_kind_is_called_by_its_name(desk, content, words):
    trade = desk(MEMBERS)
    trade.drop("members.csv.gz" if is_packed_twice(content) else "members.csv", content)
    assert trade.ingest().quarantined == 1
    ((_, reason),) = trade.reasons()
    assert reason.startswith(f"no text but {words}")


def is_packed_twice(content):
    return content.startswith(b"\x1f\x8b") and gzip.decompress(content).startswith(b"\x1f\x8b")


def test_too_many_columns_are_refused(desk):
    trade = desk(MEMBERS)
    trade.drop("members.csv", "编号," + ",".join(f"c{n}" for n in range(3000)) + "\n")
    trade.ingest()
    assert trade.reasons() == [(0, "3,001 columns; at most 2,000 are read")]
