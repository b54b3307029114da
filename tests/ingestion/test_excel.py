"""Excel workbooks as people make them, and as nobody should."""

import datetime as dt
import zipfile

import pytest
import xlsxwriter

from ingestion.contract.table import Column, Table
from ingestion.readers import read_limits

HEADER = ["编号", "姓名", "手机", "城市", "同意接收短信", "登记时间"]
LEADS = Table(
    name="leads",
    pattern="*.xlsx",
    key=["lead_no"],
    columns={
        "lead_no": Column("text", "编号"),
        "name": Column("name", "姓名"),
        "phone": Column("phone", "手机"),
        "city": Column("text", "城市"),
        "sms": Column("bool", "同意接收短信"),
        "registered_at": Column("timestamp", "登记时间"),
    },
)


def write(trade, rows, name="expo.xlsx", header_at=0, prepare=None):
    """A workbook with the header in a row and the rows below; `prepare` may add what it likes."""
    with xlsxwriter.Workbook(trade.landing / name) as book:
        sheet = book.add_worksheet("名单")
        if header_at is not None:
            sheet.write_row(header_at, 0, HEADER)
        for index, row in enumerate(rows, (header_at or 0) + 1):
            sheet.write_row(index, 0, row)
        if prepare:
            prepare(sheet, book)


def lead(number, phone="13711110001", city="杭州", sms="是", at="2026-03-01 10:00:00"):
    return [f"M{number}", f"周{number}", phone, city, sms, at]


def test_the_value_of_merged_cells_counts_for_every_row_they_cover(desk):
    trade = desk(LEADS)

    def merge(sheet, book):
        sheet.merge_range(1, 3, 3, 3, "杭州")
        sheet.merge_range(1, 4, 3, 4, "是")
        sheet.merge_range(1, 5, 30, 5, "2026-03-01 10:00:00")
        sheet.merge_range(4, 0, 5, 0, "M4")
        sheet.merge_range(4, 3, 4, 4, "上海")

    rows = [
        lead(1),
        lead(2, city="", sms="", at=""),
        lead(3, city="", sms="", at=""),
        lead(4),
        ["", "周五", "13711110005"],
    ]
    write(trade, rows, prepare=merge)
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"leads": 5}, 0)
    hour = dt.datetime(2026, 3, 1, 10)
    assert trade.rows("leads", "_line, lead_no, city, sms, registered_at", "_line") == [
        (2, "M1", "杭州", True, hour),
        (3, "M2", "杭州", True, hour),
        (4, "M3", "杭州", True, hour),
        (5, "M4", "上海", True, hour),
        (6, "M4", None, None, hour),
    ]


def test_a_header_over_two_rows_with_merged_cells_is_found(desk):
    trade = desk(LEADS)

    def merge(sheet, book):
        for column in (0, 1, 3, 4, 5):
            sheet.merge_range(0, column, 1, column, HEADER[column])
        sheet.write(0, 2, "联系方式")
        sheet.write(1, 2, "手机")

    write(trade, [["", "", "", "", "", ""], lead(1)], prepare=merge)
    assert trade.ingest().loaded == {"leads": 1}
    assert trade.rows("leads", "lead_no, phone_mask") == [("M1", "137****0001")]


def test_numbers_as_phones_are_repaired_where_exact_and_nobody_where_not(desk):
    trade = desk(LEADS)
    phones = [13711120001.0, 8613711120003, "1.37111E+10", "1.3711120005E+10", "13711120006.0", 1.37111e10]
    write(trade, [lead(number, phone) for number, phone in enumerate(phones)])
    trade.ingest()
    assert [row[0] for row in trade.rows("leads", "phone_mask", "lead_no")] == [
        "137****0001",
        "137****0003",
        "****",
        "137****0005",
        "137****0006",
        "137****0000",
    ]


def test_dates_are_what_they_say_or_refused(desk):
    trade = desk(LEADS)
    times = {
        "26-03-01": None,
        "01-03-26": None,
        "26/3/1 10:00": None,
        "01/03/2026 10:00": None,
        45717.4166667: None,
        "2026/3/1 下午 3:05:00": dt.datetime(2026, 3, 1, 15, 5),
        "2026-11-19 23:30:00 UTC": dt.datetime(2026, 11, 20, 7, 30),
        "2026-03-01T10:00:00Z": dt.datetime(2026, 3, 1, 18),
    }
    day = dt.datetime(2026, 3, 1, 9, 30)

    def with_a_day(sheet, book):
        sheet.write_datetime(len(times) + 1, 5, day, book.add_format({"num_format": "yy-mm-dd"}))

    write(trade, [*(lead(n, at=at) for n, at in enumerate(times)), lead(8, at="")], prepare=with_a_day)
    report = trade.ingest()
    assert report.quarantined == 5
    expected = [time for time in [*times.values(), day] if time]
    assert [row[0] for row in trade.rows("leads", "registered_at", "lead_no")] == expected


@pytest.mark.parametrize("merged", [False, True])
def test_a_title_above_the_header_is_passed_over_with_a_word(desk, merged):
    trade = desk(LEADS)

    def title(sheet, book):
        if merged:
            sheet.merge_range(0, 0, 1, 5, "2026 春展 名单（内部）")
        else:
            sheet.write(0, 0, "2026 春展 名单（内部）")

    write(trade, [lead(1), lead(2)], header_at=3, prepare=title)
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"leads": 2}, 0)
    assert trade.rows("leads", "_line", "_line") == [(5,), (6,)]
    assert trade.reasons() == [(0, "sheet '名单': the header was found in line 4; lines 1 to 3 above it were not read")]


def test_a_header_that_is_not_there_is_shown_with_what_to_do(desk):
    trade = desk(LEADS)
    with xlsxwriter.Workbook(trade.landing / "expo.xlsx") as book:
        book.add_worksheet().write_row(0, 0, ["序号", "姓名"])
    trade.ingest()
    ((_, reason),) = trade.reasons()
    assert "required columns missing: lead_no; the header that was seen is '序号', '姓名'" in reason
    assert "title stands above the header" in reason


def test_a_column_that_is_there_twice_is_refused_and_an_unknown_one_is_not(desk):
    trade = desk(LEADS)

    def more(*names):
        return lambda sheet, book: sheet.write_row(0, 6, names)

    write(trade, [[*lead(1), "周二"]], "a.xlsx", prepare=more("姓 名", "姓名"))
    write(trade, [[*lead(2), "x", "y"]], "b.xlsx", prepare=more("备用", "备用"))
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"leads": 1}, 1)
    reasons = [reason for name, reason in trade.rows("quarantine", "source_file, reason") if name == "a.xlsx"]
    assert reasons == ["column name is there 2 times: 姓名, 姓名"]


def test_excel_errors_are_no_values_and_said(desk):
    trade = desk(LEADS)
    write(trade, [["M1", "#N/A", "#SPILL!", "杭州"], ["M2", "#CALC!", "", "杭州"]])
    trade.ingest()
    assert trade.rows("leads", "name_mask, phone_mask") == [(None, None), (None, None)]
    assert trade.reasons() == [(0, "3 cells hold an Excel error such as #N/A; they count as empty")]


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 16_383), (1_048_575, 60), (5_000, 16_383), (1_048_575, 25)])
def test_a_stray_cell_far_off_is_named_and_the_other_files_load(desk, row, column):
    trade = desk(LEADS)
    write(trade, [lead(1)], "a.xlsx", prepare=lambda sheet, book: sheet.write(row, column, "x"))
    write(trade, [lead(2)], "b.xlsx")
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"leads": 1}, 1)
    ((name, reason),) = trade.rows("quarantine", "source_file, reason")
    assert name == "a.xlsx"
    assert "Delete what stands far off" in reason
    assert str(row + 1) in reason


def test_a_stray_cell_in_the_last_column_alone_does_no_harm(desk):
    trade = desk(LEADS)
    write(trade, [lead(1)], prepare=lambda sheet, book: sheet.write(9, 16_383, "x"))
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"leads": 1}, 1)


def test_a_stray_row_far_down_a_narrow_sheet_is_read(desk):
    trade = desk(LEADS)
    write(trade, [lead(1)], prepare=lambda sheet, book: sheet.write_row(200_000, 0, lead(2)))
    assert trade.ingest().loaded == {"leads": 2}


def rewritten(path, name, content):
    """The workbook with one part replaced."""
    with zipfile.ZipFile(path) as packed:
        parts = {part.filename: packed.read(part) for part in packed.infolist()}
    parts[name] = content(parts[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, text in parts.items():
            packed.writestr(part, text)


def test_a_workbook_that_unpacks_to_far_too_much_is_refused(desk, monkeypatch):
    monkeypatch.setattr(read_limits, "LARGEST_WORKBOOK", 1 << 20)
    trade = desk(LEADS)
    write(trade, [lead(1)])
    rewritten(trade.landing / "expo.xlsx", "xl/styles.xml", lambda text: text + b" " * (2 << 20))
    trade.ingest()
    assert "unpacks to more than 1 MB" in trade.reasons()[0][1]


def test_one_long_text_in_very_many_cells_is_refused(desk, monkeypatch):
    monkeypatch.setattr(read_limits, "LARGEST_WORKBOOK", 2 << 20)
    trade = desk(LEADS)
    write(trade, [lead(number, city="长" * 10_000) for number in range(100)])
    trade.ingest()
    assert "the texts of its cells are more than" in trade.reasons()[0][1]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("content", [b"", b"<", b"<a><b>" * 50_000, b"\xff\xfe\x00"])
def test_a_damaged_workbook_is_kept_aside_and_the_others_load(desk, part, content):
    trade = desk(LEADS)
    trade.settings = trade.settings.model_copy(
        update={"channels": {"trade": {"settle_seconds": 0, "give_up_seconds": 0}}}
    )
    write(trade, [lead(1)], "a.xlsx")
    write(trade, [lead(2)], "b.xlsx")
    rewritten(trade.landing / "a.xlsx", part, lambda _: content)
    report = trade.ingest()
    assert "M2" in [row[0] for row in trade.rows("leads", "lead_no")]
    assert report.physical_rows == 2


def test_a_hidden_sheet_that_is_read_is_said(desk):
    trade = desk(LEADS)
    with xlsxwriter.Workbook(trade.landing / "expo.xlsx") as book:
        for number, name in enumerate(["名单", "旧名单", "更旧"]):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADER)
            sheet.write_row(1, 0, lead(number))
            (sheet.hide, sheet.very_hidden)[number % 2]() if number else None
    assert trade.ingest().loaded == {"leads": 3}
    assert sorted(reason for _, reason in trade.reasons()) == [
        "sheet '旧名单' is hidden; its rows were read too",
        "sheet '更旧' is hidden; its rows were read too",
    ]


@pytest.mark.parametrize("stored", [b"<v></v>", b"<v/>", b""])
def test_formulas_that_were_never_calculated_are_said(desk, stored):
    trade = desk(LEADS)

    def formulas(sheet, book):
        sheet.write_formula(1, 3, "=A1", None, "城")
        sheet.write_formula(2, 3, "=1+2", None, 31337)
        sheet.write_formula(3, 3, '=""', None, "nothing")

    write(trade, [lead(1), lead(2), lead(3)], prepare=formulas)
    rewritten(
        trade.landing / "expo.xlsx",
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace(b"<v>31337</v>", stored).replace(b"nothing", b""),
    )
    assert trade.ingest().loaded == {"leads": 3}
    assert [row[0] for row in trade.rows("leads", "city", "lead_no")] == ["城", None, None]
    ((_, reason),) = trade.reasons()
    assert reason == "1 formula has no stored result and counts as empty; open the workbook in Excel and save it"


def test_a_workbook_under_the_ending_of_the_old_format_is_read(desk):
    trade = desk(Table("leads", LEADS.columns, key=["lead_no"], pattern="*.xls*"))
    write(trade, [lead(1)], "new.xlsx")
    (trade.landing / "new.xlsx").rename(trade.landing / "old.xls")
    assert trade.ingest().loaded == {"leads": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "it is a web page"),
        (HEADER[0].encode() + b",x\n1,2\n", "it is a text file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 3000, "protected by a password, damaged or"),
    ],
)
def test_what_is_no_workbook_is_called_by_its_name(desk, content, words):
    trade = desk(LEADS)
    trade.drop("expo.xlsx", content)
    assert trade.ingest().quarantined == 1
    assert words in trade.reasons()[0][1]
