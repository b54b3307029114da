"""From the file to the lake: every spelling of a number or an address, and nothing of it in clear."""

import re
from pathlib import Path

import pytest

from ingestion.contract.table import Column, Table
from ingestion.quarantine.listing import waiting_rows
from ingestion.quarantine.unreadable_values import unreadable_groups
from stores.errors import UserError
from stores.keyring import load_keyring
from stores.lake.vault import find_sealed
from stores.quarantine_reasons import in_chinese

CONTACTS = Table(
    "contacts",
    {
        "id": Column("text", required=True),
        "phone": "phone",
        "email": "email",
        "id_number": "id_number",
        "note": "free_text",
    },
    pattern="*.csv",
)


def _lake_bytes(trade) -> bytes:
    return b"".join(path.read_bytes() for path in Path(trade.settings.lake).rglob("*") if path.is_file())


def _opened(trade, kind: str, refs: list[str]) -> list[str]:
    keyring = load_keyring(trade.settings.keyring_path)
    sealed = find_sealed(trade.settings, refs)
    return [keyring.unseal(kind, sealed[ref][1]) for ref in refs]


def test_every_number_of_a_field_is_kept_and_the_first_is_the_one_that_is_called(desk):
    trade = desk(CONTACTS)
    trade.drop("c.csv", "id,phone\n1,13711313003/13711313093\n2,021-62130005转801\n3,13711313093\n4,1.37111E+10\n")
    trade.ingest()
    keyring = load_keyring(trade.settings.keyring_path)
    first, other = (keyring.token("phone", number) for number in ("+8613711313003", "+8613711313093"))
    rows = trade.rows("contacts", "phone_token, phone_line_type, phone_further", "id")
    token, mask, line_type = rows[0][2].split("|")
    assert (*rows[0][:2], token, mask, line_type) == (first, "mobile", other, "137****3093", "mobile")
    assert _opened(trade, "phone", [token]) == ["+8613711313093"]
    assert rows[1][1:] == ("landline", None)
    assert rows[2] == (other, "mobile", None)
    assert rows[3] == (None, None, None)


def test_what_is_no_number_or_address_loads_and_is_counted(desk):
    trade = desk(CONTACTS)
    trade.drop("c.csv", "id,phone,email\n1,13711313003,no address\n2,12345,\n3,call me,a@b.example.com\n4,n/a,\n")
    report = trade.ingest()
    assert report.loaded == {"contacts": 4}
    assert report.unreadable == {"contacts.phone": 2, "contacts.email": 1}


def test_rows_with_values_that_cannot_be_read_are_told_by_file_and_line_without_the_value(desk):
    trade = desk(CONTACTS)
    trade.drop("a.csv", "id,phone,email\n1,13711313003,\n2,1371131300,no address\n3,13711313003 / 1371131309,\n4,n/a,")
    trade.drop("b.csv", "id,phone\n" + "".join(f"{n},1234567{n}\n" for n in range(7)))
    trade.ingest()
    told = [(one.source_file, one.rows, one.first_line, one.reason) for one in unreadable_groups(trade.settings)]
    lost = "cannot be read, so nobody is known or reached by it"
    assert sorted(told) == [
        ("a.csv", 1, 3, f"email: {lost}; line 3"),
        ("a.csv", 1, 3, f"phone: {lost}; line 3"),
        ("a.csv", 1, 4, "phone: holds one more that cannot be read; line 4"),
        ("b.csv", 7, 2, f"phone: {lost}; line 2, 3, 4, 5, 6 and 2 more"),
    ]
    assert not any(re.search("[a-z]{3}", in_chinese(reason).split("：", 1)[1]) for *_, reason in told)
    assert unreadable_groups(trade.settings, "shop") == []
    assert waiting_rows(unreadable_groups(trade.settings)) == 0


def test_what_is_sent_to_is_clean_and_what_was_written_is_not_lost(desk):
    trade = desk(CONTACTS)
    written = ["Lin <Lin@Fabrikam.cn>", "lin@fabrikam.cn。", "lin@fabrikam.cn", "no address"]
    trade.drop("c.csv", "id,email\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(written)))
    trade.ingest()
    rows = trade.rows("contacts", "email_token, email_source_ref", "id")
    assert len({token for token, _ in rows}) == 2
    assert _opened(trade, "email", [token for token, _ in rows if token]) == ["lin@fabrikam.cn"] * 3
    assert _opened(trade, "email", [source or token for token, source in rows]) == written


def test_a_rounded_or_wrong_id_number_has_no_token_and_no_features(desk):
    trade = desk(CONTACTS)
    trade.drop("c.csv", "id,id_number\n1,330106199003070000\n2,11010519491231002X\n3,110105194912310021\n")
    trade.ingest()
    rows = trade.rows(
        "contacts",
        "id_number_token is null, id_number_features is null, coalesce(id_number_source_ref, id_number_token) is null",
        "id",
    )
    assert rows == [(True, True, False), (False, False, False), (True, True, False)]


def test_what_fills_a_cell_has_no_mask_and_is_kept_for_whoever_may_open_it(desk):
    trade = desk(CONTACTS)
    trade.drop("c.csv", "id,phone,email,id_number\n1,00000000000,无,-\n2,1371131,wang at x.cn,123\n")
    trade.ingest()
    columns = "phone_token, phone_mask, email_mask, id_number_mask, phone_source_ref"
    filled, unreadable = trade.rows("contacts", columns, "id")
    assert filled[:4] == (None, None, None, None)
    assert _opened(trade, "phone", [filled[4]]) == ["00000000000"]
    assert unreadable[:4] == (None, "****", "****", "****")


def test_the_home_country_s_numbers_need_no_code(desk):
    trade = desk(CONTACTS)
    trade.settings = trade.settings.model_copy(update={"country": "HK"})
    trade.drop("c.csv", "id,phone,note\n1,6123 4567,call 6123 4567\n2,13711313003,\n")
    trade.ingest()
    assert trade.rows("contacts", "phone_mask, phone_line_type, note", "id") == [
        ("+85****67", "mobile", "call 【手机】"),
        ("****", None, None),
    ]


def test_no_number_in_a_file_s_name_a_header_or_a_text_reaches_the_lake_in_clear(desk):
    trade = desk(CONTACTS)
    trade.drop(
        "王13711313003.csv",
        "id,phone,note,13711313004\n1,13711313005,call 137\u200b1131\u200b3006 or A123456(7),x\n2,,微信号lin_lin88\n",
    )
    trade.drop("13711313007 not mine.txt", "x")
    report = trade.ingest()
    assert trade.rows("contacts", "_source_file, note", "id")[0] == ("王【手机】.csv", "call 【手机】 or 【证件】")
    assert report.unclaimed == ["【手机】 not mine.txt"]
    reasons = "".join(str(row) for row in trade.rows("quarantine", "reason, row, source_file", "1"))
    assert "1371131300" not in reasons
    lake = _lake_bytes(trade)
    for number in range(3, 8):
        assert f"1371131300{number}".encode() not in lake
    assert b"lin_lin88" not in lake


def test_a_score_beyond_its_scale_goes_to_quarantine_with_the_scale(desk):
    columns = {"id": "text", "score": Column("int", between=(1, 10)), "share": Column("decimal", between=(0, 100))}
    trade = desk(Table("answers", columns, pattern="answers*.csv"))
    trade.drop("answers.csv", "id,score,share\na,1,0\nb,10,100\nc,,\nd,11,50\ne,0,100.01\nf,-1,7\n")
    assert trade.ingest().loaded == {"answers": 3}
    assert trade.reasons() == [
        (5, "score: '11' is not between 1 and 10"),
        (6, "score: '0' is not between 1 and 10; share: '100.01' is not between 0 and 100"),
        (7, "score: '-1' is not between 1 and 10"),
    ]
    with pytest.raises(UserError, match=r"between=\(10, 1\) is for numbers, the lowest value first"):
        Column("int", between=(10, 1))
    with pytest.raises(UserError, match="is for numbers"):
        Column("text", between=(1, 10))


def test_a_text_that_is_no_day_is_told_otherwise_than_a_day_that_has_not_passed(desk):
    birthday = Column("date", formats=["%d.%m.%Y"], past=True)
    people = desk(Table("people", {"id": "text", "birthday": birthday}, pattern="*.csv"))
    people.drop("p.csv", "id,birthday\n1,31.02.1980\n2,28.02.1980\n3,01.03.2180\n")
    people.ingest()
    assert people.reasons() == [
        (2, "birthday: '31.02.1980' is not a date"),
        (4, "birthday: '01.03.2180' is not a date of the past"),
    ]
