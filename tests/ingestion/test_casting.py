import datetime as dt
from decimal import Decimal

import duckdb
import pytest

from ingestion.contract.casting import as_text, cast, finite, quick_cast
from ingestion.contract.table import Column
from stores.errors import UserError


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        yield connection


def at_home(column, text):
    return cast(column, text, ("CNY",))


def value(connection, column, text, how=at_home):
    text = "'" + text.replace("'", "''") + "'"
    expression = finite(column, f"({how(column, as_text(text, 'varchar', ('',)))})")
    return connection.execute(f"select {expression}").fetchall()[0][0]


EXPECTED = [
    ("int", "12", 12),
    ("int", " 12 ", 12),
    ("int", "12.0", 12),
    ("int", "1,234", 1234),
    ("int", "12.5", None),
    ("int", "12a", None),
    ("decimal", "12.30", Decimal("12.30")),
    ("decimal", "-¥1,234.50", Decimal("-1234.50")),
    ("decimal", "1,5", None),
    ("decimal", "1e20", None),
    ("decimal", "1 234.50", Decimal("1234.50")),
    ("decimal", "1'234.50", Decimal("1234.50")),
    ("decimal", "1 23.50", None),
    ("decimal", "12 元", Decimal("12.00")),
    ("decimal", "5 kg", None),
    ("decimal", "45,000人民币", Decimal("45000.00")),
    ("int", "12 345", 12345),
    ("double", "0.25", 0.25),
    ("double", "nan", None),
    ("double", "inf", None),
    ("bool", "是", True),
    ("bool", "FALSE", False),
    ("bool", "0", False),
    ("bool", "perhaps", None),
    ("date", "2024-01-05", dt.date(2024, 1, 5)),
    ("date", "2024/1/5", dt.date(2024, 1, 5)),
    ("date", "2024年1月5日", dt.date(2024, 1, 5)),
    ("date", "20240105", dt.date(2024, 1, 5)),
    ("date", "2024-01-05T23:30:00Z", dt.date(2024, 1, 6)),
    ("date", "2024-02-30", None),
    ("timestamp", "2024-01-05 10:00:00", dt.datetime(2024, 1, 5, 10)),
    ("timestamp", "2024-01-05T10:00:00.250", dt.datetime(2024, 1, 5, 10, 0, 0, 250_000)),
    ("timestamp", "2024-01-05T10:00:00Z", dt.datetime(2024, 1, 5, 18)),
    ("timestamp", "2024-01-05T10:00:00+01:00", dt.datetime(2024, 1, 5, 17)),
    ("timestamp", "2024-01-05T10:00:00-05", dt.datetime(2024, 1, 5, 23)),
    ("timestamp", "2024-01-05", dt.datetime(2024, 1, 5)),
    ("timestamp", "2024年1月5日 10:05", dt.datetime(2024, 1, 5, 10, 5)),
    ("timestamp", "1700000000", dt.datetime(2023, 11, 15, 6, 13, 20)),
    ("timestamp", "1700000000123", dt.datetime(2023, 11, 15, 6, 13, 20, 123_000)),
    ("timestamp", "infinity", None),
    ("timestamp", "epoch", None),
    ("timestamp", "26-03-01", None),
    ("timestamp", "01-03-26", None),
    ("timestamp", "26/3/1 10:00", None),
    ("timestamp", "01/03/2026 10:00", None),
    ("timestamp", "0001-01-01 00:00:00", None),
    ("timestamp", "9999-12-31 23:59:59", None),
    ("timestamp", "44-03-15 (BC)", None),
    ("timestamp", "2026-11-19 23:30:00 UTC", dt.datetime(2026, 11, 20, 7, 30)),
    ("timestamp", "2026-11-19 23:30 utc", dt.datetime(2026, 11, 20, 7, 30)),
    ("timestamp", "2026-11-19 23:30:00 GMT", dt.datetime(2026, 11, 20, 7, 30)),
    ("timestamp", "2026-11-19 23:30:00 Z", dt.datetime(2026, 11, 20, 7, 30)),
    ("timestamp", "2026-11-19T23:30:00.5z", dt.datetime(2026, 11, 20, 7, 30, 0, 500_000)),
    ("timestamp", "2026-11-19 23:30:00+0800", dt.datetime(2026, 11, 19, 23, 30)),
    ("timestamp", "2026-11-19 23:30:00 +0100", dt.datetime(2026, 11, 20, 6, 30)),
    ("timestamp", "2026-11-19 23:30:00 GMT+8", dt.datetime(2026, 11, 19, 23, 30)),
    ("timestamp", "2026-11-19 23:30:00 UTC+01:00", dt.datetime(2026, 11, 20, 6, 30)),
    ("timestamp", "2026-11-19 23:30:00 Asia/Tokyo", dt.datetime(2026, 11, 19, 22, 30)),
    ("timestamp", "2026-11-19T23:30:00+09:00[Asia/Tokyo]", dt.datetime(2026, 11, 19, 22, 30)),
    ("timestamp", "2026-11-19 23:30:00 JST", dt.datetime(2026, 11, 19, 22, 30)),
    ("timestamp", "2026-11-19 23:30:00 CST", None),
    ("timestamp", "2026-11-19 23:30:00 Foo/Bar", None),
    ("timestamp", "2026-11-19 23:30:00 often", None),
    ("timestamp", "2026/3/1 下午 3:05:00", dt.datetime(2026, 3, 1, 15, 5)),
    ("timestamp", "2026/3/1 上午3:05", dt.datetime(2026, 3, 1, 3, 5)),
    ("timestamp", "2026-03-01 오후 3:05", dt.datetime(2026, 3, 1, 15, 5)),
    ("timestamp", "2026/3/1 午前 3:05", dt.datetime(2026, 3, 1, 3, 5)),
    ("timestamp", "2026-03-01 3:05:00 PM", dt.datetime(2026, 3, 1, 15, 5)),
    ("timestamp", "20260301 10:05:00", dt.datetime(2026, 3, 1, 10, 5)),
    ("timestamp", "20260301100500", dt.datetime(2026, 3, 1, 10, 5)),
    ("timestamp", "2026111", None),
    ("timestamp", "45717.4166667", None),
    ("date", "2026111", None),
    ("date", "260301", None),
    ("date", "26-03-01", None),
    ("date", "9999-12-31", None),
    ("date", "2026-1-5 x", None),
    ("date", "2026-11-19 23:30:00 UTC", dt.date(2026, 11, 20)),
    ("date", "1899-12-30", None),
    ("date", "2026.3.1", dt.date(2026, 3, 1)),
    ("timestamp", "昨天", None),
    ("text", "", None),
]


@pytest.mark.parametrize(("kind", "text", "expected"), EXPECTED)
def test_text_becomes_the_contracts_type_or_nothing(connection, kind, text, expected):
    assert value(connection, Column(kind), text) == expected


@pytest.mark.parametrize(("kind", "text", "expected"), EXPECTED)
def test_the_quick_look_never_disagrees_with_the_thorough_one(connection, kind, text, expected):
    assert value(connection, Column(kind), text, quick_cast) in (expected, None)


def test_a_birthday_of_two_digits_is_never_in_the_future(connection):
    birthday = Column("date", formats=["%y%m%d", "%Y-%m-%d"], past=True)
    assert value(connection, birthday, "580823") == dt.date(1958, 8, 23)
    assert value(connection, birthday, "050301") == dt.date(2005, 3, 1)
    assert value(connection, Column("date", formats="%y%m%d"), "580823") == dt.date(2058, 8, 23)
    assert value(connection, Column("date", past=True), "2058-08-23") is None
    assert value(connection, Column("date", past=True), "1958-08-23") == dt.date(1958, 8, 23)
    with pytest.raises(UserError, match="past is for columns of type date, not text"):
        Column("text", past=True)


def test_declared_formats_and_words_come_first(connection):
    american = Column("timestamp", formats="%m/%d/%Y %H:%M")
    assert value(connection, american, "12/1/2010 8:26") == dt.datetime(2010, 12, 1, 8, 26)
    assert value(connection, american, "2010-12-01 08:26:00") is None
    assert value(connection, Column("date", formats="%y-%m-%d"), "26-03-01") == dt.date(2026, 3, 1)
    assert value(connection, Column("bool", true=["会员"], false=["Y"]), "会员") is True
    assert value(connection, Column("bool", true=["会员"], false=["Y"]), "y") is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.299,50", "1299.50"), ("1 299,50", "1299.50"), ("1'299,50", "1299.50"), ("¥ 12,50", "12.50"),
        ("12,50 元", "12.50"), ("1 299,00 人民币", "1299.00"), ("cny 5", "5.00"), ("5 stk", None),
        ("-rmb 5", "-5.00"), ("CN¥ 1.234,5", "1234.50"), ("1 299.50", None), ("12 99,50", None),
    ],
)  # fmt: skip
def test_where_a_comma_is_the_decimal_mark_thousands_and_signs_are_read_as_they_are_written(connection, text, expected):
    column = Column("decimal", decimal_mark=",")
    assert value(connection, column, text) == (Decimal(expected) if expected else None)
    assert value(connection, column, text, quick_cast) in (None, Decimal(expected or 0))
