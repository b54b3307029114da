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
    ],
)
@pytest.mark.parametrize("name", ["tx.csv", "tx.csv.gz"])
def test_usual_headers_are_understood(tmp_path, header, name):
    found = transactions_file(file(tmp_path, f"{header}\n", name), {})
    assert {"customer_id", "ordered_at"} <= found.file.fields.keys()
    assert not found.header


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
