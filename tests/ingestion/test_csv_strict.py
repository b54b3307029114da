"""A CSV file is read as a strict parser reads it; where it is malformed, one row is lost and no more."""

import csv
import io
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingestion.contract.table import Table
from ingestion.readers import csv_strict, read_limits

HEADER = ["a", "b", "c", "d"]
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
CELL = st.text(alphabet='a1",;|\t \n\r\x00é张😀\u2028\x0b\ufeff5', max_size=8)
ROW = st.lists(CELL, min_size=1, max_size=6) | st.lists(CELL, min_size=4, max_size=4)


def written(rows, newline="\n", delimiter=",", quoting=csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=newline, delimiter=delimiter, quoting=quoting).writerows(rows)
    return text.getvalue()


def strictly(text: str, delimiter: str = ","):
    """Rows of four fields with the line they start in, and the number of others, by Python's strict parser."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    rows, others, line = [], 0, 1
    for fields in reader:
        if line > 1 and len(fields) == 4:
            rows.append((line, *(field or None for field in fields)))
        elif line > 1 and fields:
            others += 1
        line = reader.line_num + 1
    return rows, others


@PROPERTY
@given(
    rows=st.lists(ROW, max_size=8),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    cut=st.booleans(),
    batch=st.sampled_from([2, 50_000]),
)
@example([["1", "x\nFundos,y,z,w\nend", "3", "4"]], "\n", ",", csv.QUOTE_MINIMAL, "utf-8", False, 50_000)
@example([["1", "x\r\n\r\n\n5,6,7,8\r", "3", "4"]], "\r\n", ",", csv.QUOTE_MINIMAL, "utf-8", False, 50_000)
@example([["1", '5" tv', "3", "4"], ["", "", "", '"\n"']], "\n", ";", csv.QUOTE_MINIMAL, "utf-8", True, 2)
def test_a_valid_file_is_read_as_a_strict_parser_reads_it(
    reading, rows, newline, delimiter, quoting, encoding, cut, batch
):
    if newline == "\r" or any("\r" in cell for row in rows for cell in row):
        quoting = csv.QUOTE_ALL  # else the writer leaves line ends outside quotes
    text = written([HEADER], newline, delimiter) + written(rows, newline, delimiter, quoting)
    if cut:
        text = text.removesuffix(newline)
    expected, others = strictly(text, delimiter)
    declared = "gb18030" if encoding == "gb18030" else ""
    table = Table("items", dict.fromkeys(HEADER, "text"), pattern="*.csv", delimiter=delimiter, encoding=declared)
    with mock.patch.object(csv_strict, "_LINES_A_BATCH", batch):
        loaded, kept = reading(text.encode(encoding), table=table)
    assert [row[1:] for row in loaded] == [row[1:] for row in expected]
    if newline == "\r" or "\r" not in text.replace("\r\n", ""):
        assert loaded == expected  # with their lines; in a file of LF lines a bare CR ends none
    assert len([reason for _, reason in kept if "instead of" in reason]) == len(kept)
    # a line with nothing but blanks is no row
    assert others - sum(len(row) == 1 and row[0].isspace() for row in rows) <= len(kept) <= others


PLAIN = st.text("ab5é张 ;", min_size=1, max_size=5)
QUOTED = PLAIN | st.text('ab,"\n', max_size=6)


@PROPERTY
@given(
    rows=st.lists(st.tuples(QUOTED, QUOTED, QUOTED, QUOTED), min_size=1, max_size=12),
    broken=st.tuples(PLAIN, PLAIN, PLAIN, PLAIN),
    place=st.integers(0, 12),
    field=st.integers(0, 3),
    batch=st.sampled_from([2, 50_000]),
)
def test_an_unclosed_quote_costs_its_row_and_no_other(reading, rows, broken, place, field, batch):
    place = min(place, len(rows))
    fields = [f'"{cell}' if index == field else cell for index, cell in enumerate(broken)]
    # a quoted field that starts with a delimiter or holds nothing else closes a quote that was left open
    rows = [[cell.lstrip(',"\n') for cell in row] for row in rows]
    text = written([HEADER, *rows[:place]]) + ",".join(fields) + "\n" + written(rows[place:], quoting=csv.QUOTE_ALL)
    with mock.patch.object(csv_strict, "_LINES_A_BATCH", batch):
        loaded, kept = reading(text)
    assert [row[1:] for row in loaded] == [tuple(cell or None for cell in row) for row in rows]
    assert [reason for _, reason in kept] == ["a quote is opened and never closed"]


def test_a_line_within_quotes_that_looks_like_a_row_invents_nobody(reading):
    rows = [["1", "Obrigado,\nFundos,entrega,no,prazo\nFundos,x,y,z\nfim", "3", "4"], ["2", "", "", "x"]]
    loaded, kept = reading(written([HEADER, *rows]))
    assert loaded == [(2, "1", rows[0][1], "3", "4"), (6, "2", None, None, "x")]
    assert kept == []


def test_a_field_that_swallows_rows_is_read_and_said(reading):
    content = 'a,b,c,d\n1,x,y,"open\n' + "2,x,y,z\n" * 3 + '3,x,y,z"\n4,x,y,z\n'
    loaded, kept = reading(content)
    assert [row[0] for row in loaded] == [2, 7]
    assert kept == []
    assert reading.notes() == [
        "the row in line 2 goes over lines that look like rows: a quoted field holds them; if they are missed, a quote "
        "was left open there"
    ]


@pytest.mark.parametrize(
    "text", ["x" * 500_000, "line\n" * 60_001 + "5,6,7,8\n" * 50_000], ids=["half a million letters", "110,000 lines"]
)
def test_a_long_field_is_read_whole(reading, text):
    loaded, kept = reading(written([HEADER, ["1", text, "3", "4"], ["2", "x", "y", "z"]]))
    assert [row[2] for row in loaded] == [text, "x"]
    assert kept == []


def test_a_malformed_row_over_lines_is_one_row(reading):
    loaded, kept = reading('a,b,c,d\n1,x,y,z\n2,"he said "no" twice\nand, left",y,z\n3,x,y,z\n')
    assert [row[1] for row in loaded] == ["1", "3"]
    assert kept == [(3, "text outside the quotes of a field")]


def test_many_unclosed_quotes_cost_their_rows_only(reading):
    content = "a,b,c,d\n" + '1,"oops,y,z\n2,x,y,z\n' * 5_000
    loaded, kept = reading(content)
    assert (len(loaded), len(kept)) == (5_000, 5_000)


def test_a_quote_that_is_never_closed_gives_up_at_the_longest_row(reading, monkeypatch):
    monkeypatch.setattr(read_limits, "LONGEST_LINE", 1000)
    loaded, kept = reading("a,b,c,d\n" + '1,x,y,"z\n' + "2,x,y,z\n" * 500)
    assert len(loaded) == 500
    assert kept == [(2, "a quote is opened and never closed")]
