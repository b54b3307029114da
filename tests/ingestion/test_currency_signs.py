"""The sign beside an amount is held against the currency of its column, or says the currency."""

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ingestion.contract.casting import as_text, cast
from ingestion.contract.currency_signs import SIGNS, codes, currencies_of, sign_beside
from ingestion.contract.number_casting import currency
from ingestion.contract.table import Column, Table
from stores.errors import UserError

CURRENCIES = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "orders" / "currencies.csv"


@pytest.fixture(scope="module")
def read():
    """The number and, of a column with several currencies, the currency of a text."""
    with duckdb.connect() as connection:

        def value(column, text, home=()):
            source = as_text("t", "varchar", ("",))
            said = currency(column, source) if column.has_several_currencies else "null"
            query = f"select {cast(column, source, home)}, {said} from (select ?::varchar as t)"
            number, code = connection.execute(query, [text]).fetchone()
            return (number, code) if column.has_several_currencies else number

        yield value


@pytest.mark.parametrize(
    ("declared", "text", "expected"),
    [
        ("EUR", "€ 12.50", "12.50"), ("EUR", "12.50 EUR", "12.50"), ("EUR", "$12.50", None), ("EUR", "USD 12.50", None),
        ("USD", "$1,234.00", "1234.00"), ("USD", "US$ 5", "5"), ("USD", "A$ 5", None), ("USD", "R$ 5", None),
        ("BRL", "R$ 10.00", "10.00"), ("BRL", "$ 10.00", None), ("CNY", "¥100", "100"), ("JPY", "¥100", "100"),
        ("JPY", "100円", "100"), ("JPY", "100元", None), ("KRW", "45,000원", "45000"), ("KRW", "¥45,000", None),
        ("SEK", "12 kr", "12"), ("SEK", "12 Kč", None), ("CZK", "12 kč", "12"), ("THB", "thb 5", "5"),
        ("EUR", "$5 EUR", None), ("EUR", "12.50", "12.50"), ("TWD", "NT$ 100", "100"), ("TWD", "100元", "100"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["decimal", "double"])
def test_an_amount_is_read_with_the_signs_of_its_columns_currency_alone(read, kind, declared, text, expected):
    found = read(Column(kind, currency=declared), text, ("CNY",))
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("country", "text", "expected"),
    [("NL", "€5", 5), ("NL", "¥5", None), ("CN", "¥5", 5), ("CN", "€5", None), ("BR", "R$5", 5), ("AQ", "$5", None)],
)
def test_a_column_that_names_no_currency_is_in_that_of_the_country(read, country, text, expected):
    assert read(Column("int"), text, currencies_of(country)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("€ 5", (5, "EUR")), ("5 USD", (5, "USD")), ("A$ -5", (-5, "AUD")), ("-A$ 5", (-5, "AUD")),
        ("$5", (None, None)), ("5", (None, None)), ("€5 USD", (None, None)), ("£5", (None, None)), ("", (None, None)),
    ],
)  # fmt: skip
def test_where_a_column_has_several_currencies_the_sign_says_which(read, text, expected):
    assert read(Column("decimal", currency=["EUR", "USD", "AUD"]), text) == expected


def test_every_amount_of_a_mixed_column_is_loaded_with_its_currency_or_kept_aside_with_the_reason(desk):
    columns = {"id": "text", "total": Column("decimal", currency=["EUR", "USD"]), "fee": "decimal"}
    trade = desk(Table("sales", columns, pattern="*.csv"))
    trade.drop("a.csv", 'id,total,fee\n1,€ 12.50,¥3\n2,"$1,234.00",\n3,7,\n4,,1\n5,R$ 10,2\n6,€1,US$ 5\n7,€2,x5\n')
    report = trade.ingest()
    assert (report.quarantined, report.loaded) == (4, {"sales": 3})
    assert trade.rows("sales", "id, total, total_currency, fee") == [
        ("1", Decimal("12.50"), "EUR", Decimal(3)),
        ("2", Decimal("1234.00"), "USD", None),
        ("4", None, None, Decimal(1)),
    ]
    assert sorted(trade.rows("quarantine", "line, reason")) == [
        (4, "total: '7' does not say which of its currencies it is in (EUR, USD)"),
        (6, "total: 'R$ 10' is in R$, the column in EUR, USD"),
        (7, "fee: 'US$ 5' is in US$, the column in CNY"),
        (8, "fee: text of 2 characters is not a decimal number"),
    ]


def test_numbers_of_a_typed_file_say_no_currency(desk):
    trade = desk(Table("sales", {"total": Column("decimal", currency=["EUR", "USD"])}, pattern="*.parquet"))
    place = trade.landing / "a.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"copy (select 12.5::decimal(18, 2) as total) to '{place}' (format parquet)")
    assert trade.ingest().quarantined == 1


@pytest.mark.parametrize(
    ("text", "sign"),
    [("US$ 5", "US$"), ("5,00 kr.", "kr."), ("-€1", "€"), ("1 299 zł", "zł"), ("5", ""), ("Tom 5", ""), ("€", "")],
)
def test_the_sign_beside_an_amount_is_found(text, sign):
    assert sign_beside(text) == sign


def test_signs_mean_what_the_seed_of_currencies_says():
    with CURRENCIES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["word"] != row["currency"]]
    told = {row["word"].replace("￡", "£"): row["currency"] for row in rows}
    assert {word for word, code in told.items() if code not in SIGNS.get(word, ())} == set()
    assert {code for means in SIGNS.values() for code in means} <= codes()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Column("text", currency="EUR"), "currency is for numbers, not for columns of type text"),
        (lambda: Column("decimal", currency="EURO"), "currency 'EURO' is unknown. Use ISO 4217 codes"),
        (
            lambda: Table(
                "a", {"b": Column("decimal", currency=["EUR", "USD"]), "b_currency": "text"}, pattern="*.csv"
            ),
            "the lake keeps them in b_currency; call that column otherwise",
        ),
    ],
)
def test_a_currency_that_cannot_be_meant_is_refused(make, message):
    with pytest.raises(UserError, match=message):
        make()
