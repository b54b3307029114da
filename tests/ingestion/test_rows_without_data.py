"""Rows that a person or a tool wrote into a table and that are no data: kept aside, never loaded as somebody."""

import pytest
import xlsxwriter

from ingestion.contract.table import Column, Table

HEADER = "编号,姓名,城市\n"
COLUMNS = {"member_id": Column("text", "编号"), "name": Column("name", "姓名"), "city": Column("text", "城市")}
MEMBERS = Table("members", COLUMNS, key=["member_id"], pattern="members*.csv")
SHEETS = Table("members", COLUMNS, key=["member_id"], pattern="members*.xlsx")
NO_KEY = Table("visits", {"name": Column("name", "姓名"), "city": Column("text", "城市")}, pattern="members*.csv")


def ids(trade):
    return [row[0] for row in trade.rows("members", "member_id", "_line")]


@pytest.mark.parametrize("again", [HEADER, "\ufeff" + HEADER, '"编号","姓名","城市"\n'])
def test_a_header_that_comes_again_among_the_rows_is_nobody(desk, again):
    trade = desk(MEMBERS)
    trade.drop("members.csv", HEADER + "M1,王小明,杭州\n" + again + "M2,李雷,上海\n")
    assert trade.ingest().quarantined == 1
    assert ids(trade) == ["M1", "M2"]
    assert trade.reasons() == [(3, "the header again")]


@pytest.mark.parametrize(
    "word",
    [
        "合计",
        "合 计：",
        "总计",
        "小计",
        "合計",
        "Total",
        "GRAND TOTAL:",
        "Subtotal",
        "Razem",
        "RAZEM:",
        "Suma",
        "Ogółem",
        "ŁĄCZNIE",
        "Summe:",
        "Gesamt",
        "Insgesamt",
        "Total geral",
        "Total général",
        "Totale",
        "Итого",
        "ВСЕГО",
        "합계",
        "総計",
    ],
)
@pytest.mark.parametrize("table", [MEMBERS, NO_KEY])
def test_a_row_of_totals_is_nobody(desk, table, word):
    trade = desk(table)
    header = HEADER if table is MEMBERS else "姓名,城市\n"
    first = "M1,王小明,杭州" if table is MEMBERS else "王小明,杭州"
    rest = ",,2" if table is MEMBERS else ",2"
    trade.drop("members.csv", f"{header}{first}\n{word}{rest}\n")
    report = trade.ingest()
    assert (sum(report.loaded.values()), report.quarantined) == (1, 1)
    assert trade.reasons() == [(3, "a row of totals or a remark, no data")]


@pytest.mark.parametrize(
    "remark", ["备注：以上名单仅供内部使用", "注: 截至 2026-03-01", "制表人：王五", "Note: internal"]
)
def test_a_remark_below_the_rows_is_nobody(desk, remark):
    trade = desk(MEMBERS)
    trade.drop("members.csv", f"{HEADER}M1,王小明,杭州\n{remark},,\n备注:9,李雷,上海\n")
    assert trade.ingest().quarantined == 1
    assert ids(trade) == ["M1", "备注:9"]


def test_people_whose_words_only_look_like_it_are_loaded(desk):
    trade = desk(MEMBERS)
    trade.drop(
        "members.csv",
        HEADER
        + "M1,编号,合计\nM2,总计,Total\n合计1,李雷,城市\nTotal Wine,韩梅,上海\nRazemska,李梅,城市\nSummer,王梅,上海\n",
    )
    assert trade.ingest().quarantined == 0


def test_one_text_across_the_columns_of_a_sheet_is_nobody(desk):
    trade = desk(SHEETS)
    with xlsxwriter.Workbook(trade.landing / "members.xlsx") as book:
        sheet = book.add_worksheet()
        rows = [
            ["编号", "姓名", "城市"],
            ["M1", "王小明", "杭州"],
            ["编号", "姓名", "城市"],
            ["M2", "李雷", "上海"],
            ["M3", ""],
        ]
        for index, row in enumerate([*rows, ["合计", "", 3]]):
            sheet.write_row(index, 0, row)
        sheet.merge_range(4, 1, 4, 2, "同上")
        sheet.merge_range(6, 0, 6, 2, "以上名单仅供内部使用")
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"members": 3}, 3)
    assert ids(trade) == ["M1", "M2", "M3"]
    assert trade.reasons() == [
        (3, "the header again"),
        (6, "a row of totals or a remark, no data"),
        (7, "one text across several columns, no data"),
    ]


ORDERS = Table(
    "orders",
    {"order_id": "text", "customer_id": "text", "points": "int", "amount": "decimal"},
    key=["order_id"],
    pattern="orders*.csv",
)


def test_a_number_that_a_spreadsheet_shortened_is_no_id(desk):
    trade = desk(ORDERS)
    rows = [
        "1.23457E+17,C1,1,2",
        "4.20001e+15,C1,1,2",
        "O1,1.38E+10,1,2",
        "O2,C2,1.23457E+17,2",
        "O3,C3,1.5E+01,1.2E+03",
    ]
    trade.drop("orders.csv", "order_id,customer_id,points,amount\n" + "\n".join(rows) + "\nO4,E+10,1,2\n")
    assert trade.ingest().quarantined == 4
    assert trade.rows("orders", "order_id, customer_id, points, amount", "_line")[1][:2] == ("O4", "E+10")
    assert trade.rows("orders", "points, amount", "_line")[0] == (15, 1200)
    ids_lost = [reason for _, reason in sorted(trade.reasons())]
    assert ids_lost[0] == "order_id: '1.23457E+17' is a number that has lost digits; export the column as text"
    assert ids_lost[3] == "points: '1.23457E+17' is not a whole number"


def test_a_number_of_more_digits_than_excel_keeps_is_no_id(desk):
    trade = desk(SHEETS)
    with xlsxwriter.Workbook(trade.landing / "members.xlsx") as book:
        sheet = book.add_worksheet()
        for index, number in enumerate(["编号", 123456789012345, 6222021234567890123, 1e15, "6222021234567890123"]):
            sheet.write(index, 0, number)
            sheet.write(index, 1, "姓名" if not index else "王小明")
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"members": 2}, 2)
    assert ids(trade) == ["123456789012345", "6222021234567890123"]


def test_decimals_that_may_be_thousands_are_refused_unless_declared(desk):
    trade = desk(ORDERS)
    amounts = ["1.234", "12.345", "0.125", "19.999999999999996", "1234.567", "1,234", "1.23"]
    trade.drop("orders.csv", "order_id,amount\n" + "".join(f'O{n},"{text}"\n' for n, text in enumerate(amounts)))
    assert trade.ingest().quarantined == 2
    assert [float(row[0]) for row in trade.rows("orders", "amount", "_line")] == [0.13, 20.0, 1234.57, 1234.0, 1.23]
    (_, reason), _ = sorted(trade.reasons())
    assert reason == "amount: '1.234' may be thousands or a fraction; say how many decimals it has (`scale`)"
    columns = {"order_id": "text", "amount": Column("decimal", scale=3)}
    trade.declare(Table("orders", columns, key=["order_id"], pattern="orders*.csv"))
    assert trade.replay().loaded == {"orders": 2}


def test_a_decimal_comma_can_be_declared(desk):
    columns = {
        "order_id": "text",
        "amount": Column("decimal", decimal_mark=","),
        "weight": Column("double", decimal_mark=","),
    }
    trade = desk(Table("orders", columns, key=["order_id"], pattern="orders*.csv"))
    rows = ["1;2,50;1,5", "2;1.234,56;-0,5", "3;1.234;2", "4;12;", "5;1234,5;1.000.000,25", "6;1,234,5;1", "7;2.5;1"]
    trade.drop("orders.csv", "order_id;amount;weight\n" + "\n".join(rows))
    assert trade.ingest().quarantined == 2
    assert [tuple(map(float, row)) for row in trade.rows("orders", "amount, coalesce(weight, 0)", "_line")] == [
        (2.5, 1.5), (1234.56, -0.5), (1234.0, 2.0), (12.0, 0.0), (1234.5, 1000000.25)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "nothing", ["#N/A", "#REF!", "NULL", "(null)", "NaN", "None", "n/a", "\\N", "undefined", "-", "  "]
)
def test_a_word_for_nothing_is_no_key_that_many_share(desk, nothing):
    trade = desk(ORDERS)
    rows = [f"{nothing},C1,1,2", f"{nothing},C2,1,2", "O1,C3,1,2", "NULL1,C4,1,2", "Nancy,C5,1,2"]
    trade.drop("orders.csv", "order_id,customer_id,points,amount\n" + "\n".join(rows) + "\n")
    assert trade.ingest().quarantined == 2
    assert {reason for _, reason in trade.reasons()} == {"order_id: required but empty"}


@pytest.mark.parametrize("nothing", ["#N/A", "#REF!", "(null)", "NaN"])
def test_a_word_for_nothing_is_nobody_s_name(desk, nothing):
    trade = desk(MEMBERS)
    trade.drop("members.csv", f"{HEADER}M1,{nothing},杭州\n")
    trade.ingest()
    assert trade.rows("members", "name_token, name_features") == [(None, None)]
