import contextlib
import csv
import gzip
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.contract.table import Table
from ingestion.readers import csv_slices
from ingestion.readers.parsed_file import Unreadable

COLUMNS = {"a": "text", "b": "text", "c": "text", "d": "text"}
HEADER = "a,b,c,d\n"


def test_lines_are_numbered_as_an_editor_numbers_them(reading):
    loaded, _ = reading(HEADER + "1,2,3,4\n5,6,7,8\n")
    assert loaded == [(2, "1", "2", "3", "4"), (3, "5", "6", "7", "8")]


def test_an_unclosed_quote_costs_its_own_line_and_no_other(reading):
    good = "".join(f"{n},x,y,z\n" for n in range(5000))
    loaded, kept = reading(HEADER + good + '5000,"oops,y,z\n' + good + '7,"late,y",z"\n' + "end,x,y,z")
    assert len(loaded) == 10_001
    assert [line for line, _ in kept] == [5002, 10003]
    assert kept[0][1] == "a quote is opened and never closed"
    assert loaded[-1] == (10_004, "end", "x", "y", "z")


def test_a_field_over_several_lines_is_one_row(reading):
    loaded, kept = reading(HEADER + '1,"first\nsecond, with comma\n\nlast ""quoted""",3,4\n5,6,7,8\n')
    assert loaded == [(2, "1", 'first\nsecond, with comma\n\nlast "quoted"', "3", "4"), (6, "5", "6", "7", "8")]
    assert kept == []


def test_short_and_long_rows_are_kept_aside_with_their_line(reading):
    loaded, kept = reading(HEADER + "1,2,3,4\n1,2\n\n1,2,3,4,5\n5,6,7,8\n")
    assert [row[0] for row in loaded] == [2, 6]
    assert kept == [(3, "2 fields instead of 4"), (5, "5 fields instead of 4")]


def test_inches_are_not_quotes(reading):
    loaded, kept = reading(HEADER + '1,5" tv,3,4\n2,7" tv,3,4\n')
    assert [row[2] for row in loaded] == ['5" tv', '7" tv']
    assert kept == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_recognised(reading, encoding, newline):
    text = (HEADER + "1,张三,您好,4\n5,,7,8\n").replace("\n", newline)
    loaded, kept = reading(text.encode(encoding))
    assert loaded == [(2, "1", "张三", "您好", "4"), (3, "5", None, "7", "8")]
    assert kept == []


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_the_one_that_makes_the_header_known(reading, delimiter):
    loaded, _ = reading("\n".join(delimiter.join(row) for row in (["a", "b", "c", "d"], ["1", "x,y", "3", "4"])))
    assert loaded == [(2, "1", "x,y", "3", "4")]


def test_gzip_files_are_read(reading):
    assert len(reading(gzip.compress((HEADER + "1,2,3,4\n").encode()), "items.csv.gz")[0]) == 1


def test_blanks_may_separate_fields_and_the_header_may_be_missing(reading):
    table = Table("items", COLUMNS, pattern="*.txt", has_header=False, delimiter="whitespace")
    loaded, kept = reading(" 00004     1 19970101  2\n00004 1\n", "items.txt", table)
    assert loaded == [(1, "00004", "1", "19970101", "2")]
    assert [line for line, _ in kept] == [2]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\xff", b"a,b,c,d\n\x81", b"\n\n"])
def test_empty_and_undecodable_files_are_unreadable(reading, content):
    with pytest.raises(Unreadable):
        reading(content)


def test_big_files_are_cut_into_slices_and_still_numbered_right(reading, monkeypatch):
    monkeypatch.setattr(csv_slices, "SMALLEST_SLICE_BYTES", 1000)
    rows = "".join(f"{n},{'x' * (n % 50)},y,z\n" for n in range(3000))
    loaded, _ = reading(HEADER + rows)
    assert [(line, int(a)) for line, a, *_ in loaded] == [(n + 2, n) for n in range(3000)]


PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@PROPERTY
@given(body=st.binary(max_size=400))
def test_any_bytes_below_a_header_are_loaded_or_kept_aside(reading, body):
    with contextlib.suppress(Unreadable):
        reading(HEADER.encode() + body)  # the fixture compares the counts


@PROPERTY
@given(lines=st.lists(st.text(alphabet='a1,"\n\r \x00é张;', max_size=20), max_size=30))
def test_any_mixture_of_quotes_commas_and_line_ends_is_loaded_or_kept_aside(reading, lines):
    reading(HEADER + "1,2,3,4\n" + "\n".join(lines))


FIELD = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)


@PROPERTY
@given(rows=st.lists(st.tuples(st.text("abc", min_size=1), FIELD, FIELD, FIELD), max_size=20))
def test_whatever_a_csv_writer_wrote_is_read_back_unchanged(reading, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["a", "b", "c", "d"], *rows])
    loaded, kept = reading(text.getvalue())
    assert kept == []
    assert [row[1:] for row in loaded] == [tuple(field or None for field in row) for row in rows]
