"""Numbers, moments, yes and no as Chinese keyboards type them: ２０２４－０１－０５ is read as 2024-01-05 is."""

import json

import duckdb
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingestion.contract.casting import as_text, cast, finite, in_one_spelling
from ingestion.contract.table import Column, Table
from tests.ingestion.test_casting import EXPECTED

COLUMNS = {
    "id": Column("text", required=True),
    "born": "date",
    "seen_at": "timestamp",
    "pieces": "int",
    "share": "double",
    "amount": "decimal",
    "agreed": "bool",
    "note": "text",
}
CAST = "id, cast(born as varchar), cast(seen_at as varchar), pieces, share, cast(amount as varchar), agreed, note"
PLAIN = {
    "1": ["2024-01-05", "2024-01-05 10:05:30", "-12", "0.25", "1,234.50", "yes", "Ａ　１"],
    "2": ["2024年1月5日", "2024年1月5日 下午 3:05", "1,234", "-1.5e3", "¥12", "是", "Ａ　１"],
    "3": ["2024/1/5", "2024-01-05T10:05:30+01:00", "12.0", "7", "-¥1,234.5", "0", "Ａ　１"],
    "4": ["20240105", "1700000000", "+5", "1", "12", "TRUE", "Ａ　１"],
}


def widened(text):
    """As an input method in full-width mode types it."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text).replace(" ", "\u3000")


def written():
    """Each row twice: plain, and as `w…` in full width; what is text stays."""
    rows = [[name, *values] for name, values in PLAIN.items()]
    return rows + [[f"w{name}", *map(widened, values[:-1]), values[-1]] for name, *values in rows]


def csv_file(trade):
    lines = [",".join(COLUMNS), *(",".join(f'"{value}"' for value in row) for row in written())]
    trade.drop("people.csv", "\n".join(lines) + "\n")


def json_file(trade):
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in written()]
    trade.drop("people.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def excel_file(trade):
    with xlsxwriter.Workbook(trade.landing / "people.xlsx") as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([list(COLUMNS), *written()]):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value)


@pytest.mark.parametrize("write", [csv_file, json_file, excel_file])
def test_a_row_in_full_width_is_the_row_in_plain_signs_whatever_the_file_is(desk, write):
    ending = {"csv_file": "csv", "json_file": "jsonl", "excel_file": "xlsx"}[write.__name__]
    trade = desk(Table("people", COLUMNS, pattern=f"*.{ending}"))
    write(trade)
    report = trade.ingest()
    assert (report.quarantined, report.loaded) == (0, {"people": 8})
    rows = {row[0]: row[1:] for row in trade.rows("people", CAST)}
    for name in PLAIN:
        assert rows[f"w{name}"] == rows[name]
        assert None not in rows[name]
        assert rows[name][-1] == "Ａ　１"


def test_what_is_refused_in_plain_signs_is_refused_in_full_width_and_shown_as_it_was_written(desk):
    trade = desk(Table("people", {"id": "text", "amount": "decimal", "born": "date"}, pattern="*.csv"))
    trade.drop(
        "people.csv",
        "id,amount,born\n1,１．２３４,\n2,,２６－０３－０１\n3,１２，５,\n4,²,\n5,①,\n6,,２０２４－１３－０１\n",
    )
    assert (trade.ingest().quarantined, trade.rows("people")) == (6, [])


def test_declared_formats_and_words_may_be_in_full_width_themselves(desk):
    columns = {
        "born": Column("date", formats=["%d．%m．%Y"]),
        "agreed": Column("bool", true=["Ｖ"], false=["×"]),
        "price": Column("decimal", decimal_mark=","),
    }
    trade = desk(Table("people", columns, pattern="*.csv"))
    trade.drop("a.csv", 'born,agreed,price\n５．１．２０２４,Ｖ,"１．２３４，５０"\n5.1.2024,v,"1.234,50"\n')
    trade.ingest()
    told = "cast(born as varchar), agreed, cast(price as varchar)"
    assert trade.rows("people", told) == [("2024-01-05", True, "1234.50")] * 2


def test_signs_that_nobody_sees_and_blanks_of_other_kinds_cost_no_row(desk):
    trade = desk(Table("people", {"born": "date", "pieces": "int"}, pattern="*.csv"))
    trade.drop("a.csv", "born,pieces\n2024-01-05\u200b,\u00a012\n\ufeff２０２４－０１－０５,\u22125\n2024﹒1﹒5,﹣7\n")
    trade.ingest()
    assert trade.rows("people", "cast(born as varchar), pieces", "2") == [
        ("2024-01-05", -7),
        ("2024-01-05", -5),
        ("2024-01-05", 12),
    ]


@pytest.fixture(scope="module")
def read():
    """A text as a value of a column."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")

        def value(column, text):
            spelled = f"select {in_one_spelling(as_text('t', 'varchar', ('',)))} as t from (select ?::varchar as t)"
            return connection.execute(
                f"select {finite(column, cast(column, 't', ('CNY',)))} from ({spelled})", [text]
            ).fetchone()[0]

        yield value


@pytest.mark.parametrize(("kind", "text", "expected"), [case for case in EXPECTED if case[0] != "text"])
def test_every_accepted_and_every_refused_form_means_the_same_in_full_width(read, kind, text, expected):
    assert read(Column(kind), text) == expected
    assert read(Column(kind), widened(text)) == expected


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["int", "double", "decimal", "date", "timestamp", "bool"]), data=st.data())
def test_full_width_and_plain_spellings_give_the_same_value(read, kind, data):
    number = st.one_of(st.integers(-(10**12), 10**12), st.decimals(-(10**8), 10**8, places=2)).map(str)
    moment = st.datetimes().map(lambda moment: moment.isoformat(sep=" ", timespec="seconds"))
    text = data.draw(st.one_of(number, moment, st.text("0123456789-/:.,年月日 TZ+¥e", min_size=1, max_size=20)))
    wide = "".join(data.draw(st.sampled_from([sign, widened(sign)])) for sign in text)
    assert read(Column(kind), wide) == read(Column(kind), text)
