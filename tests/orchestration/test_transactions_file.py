"""What a list of purchases is understood as: header variants, no header at all, days that may be read in two ways."""

import gzip

import pytest

from orchestration.trial.transactions_file import transactions_file
from stores.errors import UserError


def file(folder, text, name="tx.csv"):
    place = folder / name
    place.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return place


@pytest.mark.parametrize(
    "header",
    [
        "customer_id,order_id,ordered_at,amount",
        "Customer ID,Invoice,InvoiceDate,Price,Quantity",
        "household_key,BASKET_ID,DAY,SALES_VALUE",
        "会员编号,订单号,下单时间,实付金额",
        "CustomerID;InvoiceNo;InvoiceDate;UnitPrice;Quantity",
        "user_id\tdate\tvalue",
        "Cust ID,Order No.,Purchase Date,Total Amount",
        "Order Number;Buyer-ID;Order.Date;Order Total",
        "客户编号,订单编号,订单日期,消费金额",
        "会员 ID,交易单号,支付时间,总金额",
    ],
)
@pytest.mark.parametrize("name", ["tx.csv", "tx.csv.gz"])
def test_usual_headers_are_understood(tmp_path, header, name):
    found = transactions_file(file(tmp_path, f"{header}\n", name), {})
    assert {"customer_id", "ordered_at"} <= found.file.fields.keys()
    assert not found.header


def test_a_name_written_as_the_field_is_comes_before_one_that_only_reads_like_it(tmp_path):
    found = transactions_file(file(tmp_path, "Order ID,order_id,customer_id,Order-Date,date,amount\n"), {})
    assert found.file.fields == {
        "order_id": "order_id", "customer_id": "customer_id", "ordered_at": "date", "amount": "amount"
    }  # fmt: skip
    assert found.file.ignored == ["Order ID", "Order-Date"]


def test_other_headers_are_named_by_whoever_knows_them(tmp_path):
    place = file(tmp_path, "who,when,how_much\na,2026-01-01,3\n")
    with pytest.raises(UserError, match=r"line 1: no column is understood as customer_id or ordered_at; .* --map"):
        transactions_file(place, {})
    found = transactions_file(place, {"who": "customer_id", "when": "ordered_at", "how_much": "amount"})
    assert found.file.fields == {"customer_id": "who", "ordered_at": "when", "amount": "how_much"}


def test_an_amount_or_a_quantity_with_a_price_is_needed(tmp_path):
    with pytest.raises(UserError, match="amount \\(or quantity and unit_price\\)"):
        transactions_file(file(tmp_path, "customer_id,date,quantity\n"), {})


def test_a_file_without_a_header_takes_the_names_that_are_given(tmp_path):
    place = file(tmp_path, " 00004 0001 19970101  2   29.33\n")
    with pytest.raises(UserError, match="name its columns with --columns"):
        transactions_file(place, {})
    names = ["master", "customer_id", "date", "cds", "dollars"]
    found = transactions_file(place, {}, names)
    assert found.header == b"master customer_id date cds dollars\n"
    assert found.file.channel.tables[0].delimiter == "whitespace"
    with pytest.raises(UserError, match=r"names 2 columns, and .* has 5"):
        transactions_file(place, {}, names[:2])
    with pytest.raises(UserError, match="a name is there twice"):
        transactions_file(place, {}, ["a", "a", "b", "c", "d"])


def formats_of(found):
    return found.file.channel.tables[0].columns["ordered_at"].formats


def test_days_written_with_strokes_are_read_by_what_their_values_can_be(tmp_path):
    month_first = file(tmp_path, "customer_id,date,amount\na,12/1/2010 8:26,3\na,12/31/2010 9:01,4\n")
    found = transactions_file(month_first, {})
    assert formats_of(found) == ("%m/%d/%Y %H:%M",)
    assert "month first" in found.notes[0]
    day_first = file(tmp_path, "customer_id,date,amount\na,01.12.2010,3\na,31.12.2010,4\n")
    assert formats_of(transactions_file(day_first, {})) == ("%d.%m.%Y",)
    some_seconds = file(tmp_path, "customer_id,date,amount\na,25/02/2024 10:00,3\na,01/04/2024 10:00:30,4\n")
    assert formats_of(transactions_file(some_seconds, {})) == ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S")


def test_days_that_may_be_read_in_two_ways_are_asked_about(tmp_path):
    place = file(tmp_path, "customer_id,date,amount\na,01/02/2010,3\na,03/04/2010,4\n")
    with pytest.raises(UserError, match="column date: 01/02/2010 may be read day first or month first"):
        transactions_file(place, {})
    assert formats_of(transactions_file(place, {}, date_format="%d/%m/%Y")) == ("%d/%m/%Y",)


@pytest.mark.parametrize("day", ["2010-12-01 07:45:00", "20101201", "2010年12月1日", "2010-12-01T07:45:00Z"])
def test_usual_days_need_no_word(tmp_path, day):
    assert formats_of(transactions_file(file(tmp_path, f"customer_id,date,amount\na,{day},3\n"), {})) == ()


def test_a_missing_and_an_empty_file_are_told_in_one_line(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        transactions_file(tmp_path / "none.csv", {})
    with pytest.raises(UserError, match="is empty"):
        transactions_file(file(tmp_path, ""), {})


def marks_of(found):
    columns = found.file.channel.tables[0].columns
    return {columns[name].decimal_mark for name in ("amount", "quantity", "unit_price")}


@pytest.mark.parametrize("amount", ["10,50", "1.234,50", "-3,5", "1234,5678", "10,50 €"])
def test_a_comma_before_the_decimals_is_understood_and_told(tmp_path, amount):
    place = file(tmp_path, f"customer_id;date;amount\na;2026-01-01;12,345\na;2026-01-01;{amount}\n")
    found = transactions_file(place, {})
    assert marks_of(found) == {","}
    assert f"a comma stands before the decimals, as in {amount}" in found.notes[0]


@pytest.mark.parametrize("amount", ["10.50", "1,234.50", "7", "$1,234.50"])
def test_a_point_before_the_decimals_needs_no_word(tmp_path, amount):
    place = file(tmp_path, f"customer_id;date;amount\na;2026-01-01;{amount}\n")
    found = transactions_file(place, {})
    assert marks_of(found) == {"."}
    assert found.notes == ()


def test_an_amount_that_may_be_thousands_or_decimals_is_told(tmp_path):
    found = transactions_file(file(tmp_path, "customer_id;date;amount\na;2026-01-01;12,345\n"), {})
    assert "amount: 12,345 is read as 12345" in found.notes[0]


def test_decimal_commas_beside_decimal_points_are_refused(tmp_path):
    place = file(tmp_path, "customer_id;date;price;qty\na;2026-01-01;10,5;1.5\n")
    with pytest.raises(UserError, match=r"price 10,5 has a decimal comma and qty 1\.5 a decimal point"):
        transactions_file(place, {})


@pytest.mark.parametrize("pattern", ["foo", "%d/%m", "%Q", "%d/%m/%y %"])
def test_a_format_that_writes_no_day_is_refused(tmp_path, pattern):
    place = file(tmp_path, "customer_id,date,amount\na,01/02/2010,3\n")
    with pytest.raises(UserError, match=f"--date-format {pattern}: write a day's year, month and day"):
        transactions_file(place, {}, date_format=pattern)


@pytest.mark.parametrize("time", ["2026-01-01T10:00:00Z", "2026-01-01 10:00+02:00", "2026-01-01 10:00:00.5 -05"])
def test_times_with_a_zone_are_told(tmp_path, time):
    place = file(tmp_path, f"customer_id,date,amount\na,{time},3\n")
    notes = transactions_file(place, {}, timezone="Europe/Prague").notes
    assert notes == (f"date: times with a zone, as {time}, count by the clock of Europe/Prague",)


@pytest.mark.parametrize("encoding", ["cp1250", "cp1252"])
def test_a_european_list_is_never_read_as_chinese(tmp_path, encoding):
    text = "Data sprzedaży;Wartość;Klient\n" if encoding == "cp1250" else "Prénom;Année;Numéro\n"
    place = tmp_path / "tx.csv"
    place.write_bytes((text + "2026-01-01;3;Łódź\n" * 3).encode(encoding, "replace"))
    with pytest.raises(UserError, match=r"tx\.csv: neither UTF-8 nor GB18030 text"):
        transactions_file(place, {})


def test_a_chinese_list_in_gbk_is_read(tmp_path):
    place = tmp_path / "tx.csv"
    place.write_bytes("会员编号,下单时间,实付金额,门店\n8,2026-01-01,3,上海南京路店\n".encode("gb18030"))
    assert transactions_file(place, {}).file.fields["store"] == "门店"


def test_a_workbook_is_told_as_one(tmp_path):
    place = tmp_path / "tx.xlsx"
    place.write_bytes(b"PK\x03\x04\x14\x00\x00\x00")
    with pytest.raises(UserError, match="is no CSV file, but a workbook"):
        transactions_file(place, {})


@pytest.mark.parametrize(
    ("encoding", "header"),
    [("utf-16", "customer_id"), ("utf-16", "会员编号"), ("utf-16-le", "customer_id"), ("utf-16-be", "customer_id")],
)
def test_text_of_sixteen_bits_is_called_what_it_is(tmp_path, encoding, header):
    place = tmp_path / "tx.csv"
    place.write_bytes(f"{header},ordered_at,amount\r\na,2026-01-01,3\r\n".encode(encoding))
    with pytest.raises(UserError, match=r"tx\.csv is UTF-16 text\. Save it as CSV in UTF-8\."):
        transactions_file(place, {})
