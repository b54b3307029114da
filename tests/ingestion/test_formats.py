import json

import duckdb
import pytest
import xlsxwriter

from ingestion.channels import discover
from ingestion.contract.table import Column, Table

TICKETS = Table(
    name="tickets",
    pattern="*.jsonl",
    key=["ticket_id"],
    columns={
        "ticket_id": "text",
        "phone": "phone",
        "text": "free_text",
        "score": "int",
        "city": Column("text", "$.address.city"),
        "created_at": "timestamp",
    },
)


def test_json_lines_are_read_by_name_and_by_path_and_a_broken_line_costs_itself(desk):
    trade = desk(TICKETS)
    lines = [
        {
            "ticket_id": "T1",
            "phone": "13812345678",
            "text": "回电 13812345678",
            "score": 5,
            "address": {"city": "上海"},
        },
        {"ticket_id": "T2", "created_at": "2026-01-05T10:00:00Z", "score": None},
    ]
    trade.drop(
        "a.jsonl", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + '\n{"ticket_id": "T3\n[1]\n'
    )
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"tickets": 2}, 2)
    rows = trade.rows("tickets", "ticket_id, phone_mask, text, score, city, cast(created_at as varchar), _line")
    assert rows == [
        ("T1", "138****5678", "回电 【手机】", 5, "上海", None, 1),
        ("T2", None, None, None, None, "2026-01-05 18:00:00", 2),
    ]
    # the field that holds a column by its path was read: nothing is said of it
    assert trade.reasons() == [(3, "not a JSON object"), (4, "not a JSON object")]


def test_excel_cells_keep_their_meaning(desk):
    leads = Table(
        name="leads",
        pattern="*.xlsx",
        key=["lead_no"],
        columns={
            "lead_no": Column("text", "编号"),
            "phone": Column("phone", "手机"),
            "sms": Column("bool", "同意短信"),
            "registered_at": Column("timestamp", "登记时间"),
        },
    )
    trade = desk(leads)
    path = trade.landing / "expo.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        first, second, third = (book.add_worksheet(name) for name in ("上海", "北京", "说明"))
        for sheet in (first, second):
            sheet.write_row(0, 0, ["编号", "手机", "同意短信", "登记时间"])
        first.write_row(1, 0, [1001, 13812345678.0, "是"])
        first.write_datetime(1, 3, __import__("datetime").datetime(2026, 3, 1, 9, 30), day)
        first.write_row(3, 0, ["1002", "１３９ 1234 5678", "否", "2026年3月1日"])
        second.write_row(1, 0, ["", "13812345678", "是", "2026-03-01"])
        third.write(0, 0, "本表由会务组提供")
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"leads": 2}, 1)
    rows = trade.rows("leads", "lead_no, phone_mask, sms, cast(registered_at as varchar), _line")
    assert rows == [
        ("1001", "138****5678", True, "2026-03-01 09:30:00", 2),
        ("1002", "139****5678", False, "2026-03-01 00:00:00", 4),
    ]
    (note, misfit) = trade.reasons()
    assert note[1].startswith(
        "sheet '说明' was not read: required columns missing: lead_no; the header that was seen is "
    )
    assert misfit == (6, "lead_no: required but empty")


def test_parquet_types_are_taken_as_they_are_or_brought_to_the_contract(desk):
    events = Table(
        name="events",
        pattern="*.parquet",
        key=["event_id"],
        columns={
            "event_id": "text",
            "user_id": "text",
            "n": "int",
            "price": "decimal",
            "seen_at": "timestamp",
            "phone": "phone",
        },
    )
    trade = desk(events)
    path = trade.landing / "events.parquet"
    duckdb.execute(
        f"""copy (select * from (values
            (1::bigint, 7.0::double, '3', 1.5::double, timestamptz '2026-01-05 10:00:00+00', '13812345678'),
            (2, null, 'x', 2, null, null)) as v(event_id, user_id, n, price, seen_at, phone)) to '{path}'"""
    )
    trade.ingest()
    rows = trade.rows(
        "events", "event_id, user_id, n, cast(price as varchar), cast(seen_at as varchar), phone_mask, _line"
    )
    assert rows == [("1", "7", 3, "1.50", "2026-01-05 18:00:00", "138****5678", 1)]
    assert trade.reasons() == [(2, "n: text of 1 characters is not a whole number")]


def test_wecom_documents_become_contacts_groups_and_members(desk):
    trade = desk(*discover()["wecom"].tables)
    contact = {"external_userid": "wx1", "name": "王小明", "type": 1, "gender": 1, "unionid": "u1"}
    follow = {"userid": "staff1", "remark": "老王", "createtime": 1700000000, "remark_mobiles": ["138 1234 5678"]}
    listed = [{"external_contact": contact, "follow_info": follow}]
    trade.drop("contacts_1.json", json.dumps({"errcode": 0, "external_contact_list": listed, "next_cursor": ""}))
    member = {"userid": "wx1", "type": 2, "join_time": 1700000000, "join_scene": 3, "name": "王小明"}
    chat = {"chat_id": "g1", "name": "会员群", "owner": "staff1", "create_time": 1700000000, "member_list": [member]}
    trade.drop("groups_1.json", json.dumps({"groups": [{"errcode": 0, "group_chat": chat}]}))
    trade.drop("contacts_2.json", '{"errcode": 40001}')
    report = trade.ingest()
    assert report.loaded == {"contacts": 1, "groups": 1, "group_members": 1}
    assert trade.rows("contacts", "name_mask, mobile_mask, cast(created_at as varchar)") == [
        ("王*", "138****5678", "2023-11-15 06:13:20")
    ]
    assert trade.rows("group_members", "chat_id, userid, member_type, join_scene") == [("g1", "wx1", 2, 3)]
    assert trade.reasons()[0][1].startswith("JSON of another shape")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.jsonl", b"", "empty file"),
        ("a.parquet", b"PAR1 cut off", "the Parquet file has no footer"),
        ("a.parquet", b"no such format", "not a Parquet file"),
        ("a.xlsx", b"PK\x03\x04 cut off", "not readable as an Excel workbook"),
        ("a.csv", b"id\n\x81", "no characters"),
        ("a.csv", b"other\n1\n", "required columns missing: id"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00 cut", "gzip"),
    ],
)
def test_a_file_that_cannot_be_read_goes_to_quarantine_whole_and_counts(desk, name, content, reason):
    trade = desk(Table("items", {"id": Column("text", required=True)}, pattern="a.*", format=_format(name)))
    trade.settings = trade.settings.model_copy(
        update={"channels": {"trade": {"settle_seconds": 0, "give_up_seconds": 0}}}
    )
    trade.drop(name, content)
    report = trade.ingest()
    assert (report.loaded, report.quarantined, report.files) == ({"items": 0}, 1, 1)
    assert reason in trade.reasons()[0][1]
    assert trade.ingest().skipped_files == 1


def _format(name):
    return {"jsonl": "jsonl", "parquet": "parquet", "xlsx": "excel"}.get(name.split(".")[1], "csv")
