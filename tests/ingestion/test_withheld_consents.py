"""A no in a row or a file that is in quarantine counts."""

from contextlib import closing

import pytest

from ingestion.contract.consent_columns import ConsentColumn
from ingestion.contract.table import Column, Table
from ingestion.lake.channel_lake import Lake
from ingestion.lake.consent_refusals import held_consents
from ingestion.quarantine.withheld_consents import files_kept_aside, withheld_refusals
from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.key_record import open_keyring

HEADER = "no;phone;born;texts;mails;email;changed\n"
YES = "M1;13800000001;1990-01-31;tak;tak;a@poczta.example;2026-06-01 10:00\n"
PHONE = "+8613800000001"


def members(**columns):
    return Table(
        "members",
        {
            "no": Column("text"),
            "phone": Column("phone"),
            "email": Column("email"),
            "born": Column("date"),
            "texts": Column("bool", true=["tak"], false=["nie"]),
            "mails": Column("bool", true=["tak"], false=["nie"]),
            "updated_at": Column("timestamp", "changed"),
            **columns,
        },
        key=["no"],
        pattern="members*.csv",
        consents=[
            ConsentColumn("texts", "phone", "phone", "sms"),
            ConsentColumn("mails", "email", "email", "email"),
        ],
    )


@pytest.fixture
def trade(desk):
    trade = desk(members())
    trade.drop("members.csv", HEADER + YES)
    assert trade.ingest().loaded == {"members": 1}
    return trade


def look(trade, of):
    with closing(open_duckdb(trade.settings)) as connection:
        lake = Lake(trade.settings, trade.channel, connection)
        return of(trade.channel.tables[0], lake, connection, open_keyring(trade.settings))


def said(trade):
    """Record, clear address and message channel of every refusal that is withheld."""

    def of(table, lake, connection, keyring):
        tables = withheld_refusals(trade.channel, table, lake, connection, keyring, "CN")
        known = {keyring.token("phone", PHONE): "the phone", keyring.token("email", "a@poczta.example"): "the e-mail"}
        rows = [row for some in tables for row in some.to_pylist()]
        return {
            (row["source_profile_id"], known.get(row["identifier_value"]), row["channel"])
            for row in rows
            if row["source_profile_id"] == "trade:M1" or row["identifier_value"] in known
        }

    return look(trade, of)


def aside(trade):
    return look(trade, lambda table, lake, connection, _: files_kept_aside(table.name, lake, connection))


def test_what_loads_is_withheld_by_nobody(trade):
    assert said(trade) == set()
    assert aside(trade) == []


def test_a_no_in_a_row_with_an_impossible_birthday_counts_for_record_and_number(trade):
    trade.drop("members_2.csv", HEADER + "M1;138 0000 0001;1990-02-31;nie;tak;;2026-06-02 10:00\n")
    assert trade.ingest().quarantined == 1
    assert said(trade) == {("trade:M1", "the phone", "sms")}


@pytest.mark.parametrize("answer", ["może", "nie!", "2"])
def test_an_answer_that_nobody_can_read_counts_as_a_no(trade, answer):
    trade.drop("members_2.csv", HEADER + f"M1;13800000001;1990-01-31;{answer};;;2026-06-02 10:00\n")
    assert trade.ingest().quarantined == 1
    assert said(trade) == {("trade:M1", "the phone", "sms")}


def test_a_yes_and_no_answer_at_all_withhold_nothing(trade):
    rows = "M1;13800000001;31.02.1990;tak;;;2026-06-02 10:00\nM1;13800000001;1990-02-31;;;;2026-06-02 10:00\n"
    trade.drop("members_2.csv", HEADER + rows)
    assert trade.ingest().quarantined == 2
    assert said(trade) == set()


def test_a_no_without_the_records_id_counts_for_the_address(trade):
    trade.drop("members_2.csv", HEADER + ";;1990-01-31;tak;nie;A@poczta.example;2026-06-02 10:00\n")
    assert trade.ingest().quarantined == 1
    assert said(trade) == {(None, "the e-mail", "email")}


def test_a_row_that_cannot_even_be_parsed_withholds_by_each_of_its_cells(trade):
    trade.drop("members_2.csv", HEADER + "M1;nie;one;two\n13800000001;nie\n")
    assert trade.ingest().quarantined == 2
    assert said(trade) == {
        ("trade:M1", None, "sms"), ("trade:M1", None, "email"), (None, "the phone", "sms"),
    }  # fmt: skip


def test_a_later_row_of_the_record_or_address_is_the_latest_answer(trade):
    trade.drop("members_2.csv", HEADER + "M1;13800000001;1990-02-31;nie;nie;;2026-06-02 10:00\n")
    trade.drop("members_3.csv", HEADER + ";13800000001;1990-01-31;nie;;;2026-06-02 10:00\nM1;nie\n")
    assert trade.ingest().quarantined == 3
    assert said(trade)
    trade.drop("members_4.csv", HEADER + "M1;13800000001;1990-01-31;tak;tak;;2026-06-03 10:00\n")
    assert trade.ingest().loaded == {"members": 1}
    assert said(trade) == set()


def test_a_row_of_another_member_with_the_same_number_answers_for_no_one_else(trade):
    trade.drop("members_2.csv", HEADER + "M1;13800000001;1990-02-31;nie;tak;;2026-06-02 10:00\n")
    trade.ingest()
    trade.drop("members_3.csv", HEADER + "M2;13800000001;1990-01-31;tak;tak;;2026-06-03 10:00\n")
    trade.ingest()
    assert said(trade) == {("trade:M1", "the phone", "sms")}


def test_a_replay_settles_it(trade):
    trade.drop("members_2.csv", HEADER + "M1;13800000001;31.01.1990;nie;tak;;2026-06-02 10:00\n")
    trade.ingest()
    assert said(trade)
    trade.declare(members(born=Column("date", formats=["%d.%m.%Y", "%Y-%m-%d"])))
    assert trade.replay().loaded == {"members": 1}
    assert said(trade) == set()  # the row in the lake says no by itself


def test_a_file_in_quarantine_is_kept_aside_until_a_corrected_one_of_its_name_or_a_replay(trade):
    trade.drop("members_2.csv", "No.;phone;texts\nM1;13800000001;nie\n")
    trade.drop("members_3.csv", "nr;phone;texts\nM1;13800000001;nie\n")
    trade.ingest()
    assert aside(trade) == ["members_2.csv", "members_3.csv"]
    trade.drop("members_4.csv", HEADER + YES.replace("M1", "M4"))
    trade.drop("members_2.csv", "N.o.;phone;texts\nM1;13800000001;nie\n")  # no better
    trade.ingest()
    assert aside(trade) == ["members_2.csv", "members_3.csv"]
    trade.drop("members_2.csv", HEADER + YES)
    trade.drop("members_2.csv", HEADER + YES + YES.replace("M1", "M5"))
    trade.ingest()
    assert aside(trade) == ["members_3.csv"]
    trade.declare(members(no=Column("text", ["nr"])))
    trade.replay()
    assert aside(trade) == []


def test_where_only_addresses_answer_a_no_is_the_address_s_loaded_or_withheld(desk):
    table = Table(
        "answers",
        {"email": "email", "mails": Column("bool", true=["tak"], false=["nie"]), "day": "date"},
        pattern="answers*.csv",
        consents=[ConsentColumn("mails", "email", "email", "email")],
    )
    trade = desk(table)

    def refused():
        def of(table, lake, connection, keyring):
            (held,) = held_consents(trade.channel)
            loaded = connection.execute(held.refusals.replace("{rows}", lake.rows("answers"))).to_arrow_table()
            found = [loaded, *withheld_refusals(trade.channel, table, lake, connection, keyring, "CN")]
            known = {keyring.token("email", f"{name}@poczta.example"): name for name in "abc"}
            rows = [row for some in found for row in some.to_pylist()]
            assert {row["source_profile_id"] for row in rows} <= {None}
            return {known[row["identifier_value"]] for row in rows}

        return look(trade, of)

    trade.drop(
        "answers_1.csv", "email;mails;day\na@poczta.example;tak;2026-01-01\nb@poczta.example;nie;2026-01-01\n;nie;\n"
    )
    trade.ingest()
    assert refused() == {"b"}
    # a no in a row that does not load, and a yes that follows a no
    trade.drop("answers_2.csv", "email;mails;day\na@poczta.example;nie;soon\nb@poczta.example;tak;2026-02-01\n")
    trade.ingest()
    assert refused() == {"a"}
    trade.drop("answers_3.csv", "email;mails;day\na@poczta.example;tak;2026-03-01\nc@poczta.example;nie;2026-03-01\n")
    trade.ingest()
    assert refused() == {"c"}


def test_consents_of_columns_that_are_not_there_are_refused():
    with pytest.raises(UserError, match="consents name 'mobile', which is no column of it"):
        Table("t", {"ok": "bool"}, pattern="*.csv", consents=[ConsentColumn("ok", "mobile", "phone", "sms")])
