"""Consents as rows: one for each customer and message channel."""

import re
from contextlib import closing
from dataclasses import replace

import pytest

from ingestion.contract import Column, ConsentRows, Table
from ingestion.lake.channel_lake import Lake
from ingestion.lake.consent_refusals import held_consents
from ingestion.lake.undelivered_consents import known_undelivered
from ingestion.quarantine.withheld_consents import withheld_refusals
from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.settings import PROJECT_ROOT

GUIDE = (PROJECT_ROOT / "docs" / "bring-your-own-data.md").read_text(encoding="utf-8")
CHAPTER = GUIDE.partition("### Consents as rows")[2].partition("\n## ")[0]
EXAMPLE = PROJECT_ROOT / "tests" / "orchestration" / "fixtures" / "channel_check"
HEADER = "Customer,Channel,Status,Changed\n"


def in_the_guide(language):
    return re.search(rf"```{language}\n(.*?)```", CHAPTER, re.DOTALL)[1]


def declared():
    """The table as the guide declares it."""
    known = {}
    exec(in_the_guide("python"), known)
    return known["AGREEMENTS"]


@pytest.fixture
def trade(desk):
    return desk(declared())


def refused(trade, table=None):
    """Record (or clear phone) and message channel of every refusal, loaded or withheld."""
    table = table or trade.channel.tables[0]
    with closing(open_duckdb(trade.settings)) as connection:
        lake = Lake(trade.settings, trade.channel, connection)
        keyring = open_keyring(trade.settings)
        (held,) = held_consents(trade.channel)
        found = [connection.execute(held.refusals.replace("{rows}", lake.rows(table.name))).to_arrow_table()]
        found += withheld_refusals(trade.channel, table, lake, connection, keyring, "CN")
        phones = {keyring.token("phone", f"+861380000000{number}"): f"phone {number}" for number in (1, 2)}
    rows = [row for some in found for row in some.to_pylist()]
    return {(row["source_profile_id"] or phones[row["identifier_value"]], row["channel"]) for row in rows}


def test_the_guide_s_example_reads_its_file_and_the_newest_answer_by_its_own_time_counts(trade):
    trade.drop("agreements.csv", in_the_guide("csv"))
    assert trade.ingest().loaded == {"agreements": 5}
    assert trade.rows("agreements", "guest_id, kind, agreed") == [
        ("g0", "email", False), ("g0", "email", True), ("g0", "sms", True), ("g1", "email", True), ("g1", None, True),
    ]  # fmt: skip
    assert refused(trade) == {("trade:g0", "email")}


def test_the_guide_s_model_is_that_of_a_channel_that_is_built(trade):
    (model,) = EXAMPLE.rglob("stg_bakery__consents.sql")
    (contract,) = EXAMPLE.rglob("bakery/contract.py")
    assert in_the_guide("sql").strip() in model.read_text(encoding="utf-8")
    for line in in_the_guide("python").partition("AGREEMENTS = Table(\n")[2].splitlines()[:-1]:
        assert line.strip() in contract.read_text(encoding="utf-8")


def test_the_order_of_rows_within_a_file_does_not_matter_and_of_one_moment_the_no_counts(trade):
    trade.drop(
        "agreements.csv",
        HEADER + "g0,SMS,subscribed,2026-03-02\ng0,SMS,unsubscribed,2026-03-01\n"
        "g1,sms ,Unsubscribed,2026-03-02\ng1,SMS,subscribed,2026-03-02\n",
    )
    assert trade.ingest().quarantined == 0
    assert refused(trade) == {("trade:g1", "sms")}


def test_a_no_that_arrives_last_counts_although_its_clock_stands_still_and_a_later_yes_lifts_it(trade):
    trade.drop("agreements_1.csv", HEADER + "g0,SMS,subscribed,2026-03-02\n")
    trade.ingest()
    trade.drop("agreements_2.csv", HEADER + "g0,SMS,unsubscribed,2026-03-01\n")
    trade.ingest()
    assert refused(trade) == {("trade:g0", "sms")}
    trade.drop("agreements_3.csv", HEADER + "g0,SMS,subscribed,2026-03-03\n")
    trade.ingest()
    assert refused(trade) == set()


def test_an_unknown_word_for_the_channel_is_shown_and_its_no_stops_every_channel_and_its_yes_nothing(trade):
    trade.drop(
        "agreements.csv",
        HEADER + "g0,SMS,subscribed,2026-03-01\ng0,Push-Nachricht,unsubscribed,2026-03-02\n"
        "g1,SMS,subscribed,2026-03-01\ng1,Push-Nachricht,subscribed,2026-03-02\n",
    )
    assert trade.ingest().quarantined == 2
    reason = "kind: 'Push-Nachricht' is not one of its words (SMS, Newsletter, Post)"
    assert trade.reasons() == [(3, reason), (5, reason)]
    assert refused(trade) == {("trade:g0", "sms"), ("trade:g0", "email")}


@pytest.mark.parametrize("row", ["g0,SMS,paused,2026-03-02", "g0,SMS,,2026-03-02", "g0,SMS,unsubscribed,"])
def test_an_answer_that_is_unknown_empty_or_without_a_time_is_no_yes(trade, row):
    trade.drop("agreements.csv", HEADER + f"g0,SMS,subscribed,2026-03-01\n{row}\n")
    assert trade.ingest().quarantined == 1
    assert refused(trade) == {("trade:g0", "sms")}


def test_a_no_about_no_channel_at_all_stops_all_and_one_about_the_post_none(trade):
    trade.drop("agreements.csv", HEADER + "g0,,unsubscribed,2026-03-02\ng1,Post,paused,2026-03-02\n")
    assert trade.ingest().quarantined == 2
    assert refused(trade) == {("trade:g0", "sms"), ("trade:g0", "email")}


def test_a_later_row_of_the_customer_settles_its_channel_only(trade):
    trade.drop("agreements_1.csv", HEADER + "g0,SMS,paused,2026-03-01\ng0,Newsletter,paused,2026-03-01\n")
    trade.ingest()
    trade.drop("agreements_2.csv", HEADER + "g0,SMS,subscribed,2026-03-02\n")
    trade.ingest()
    assert refused(trade) == {("trade:g0", "email")}


def test_a_replay_loads_what_the_contract_understands_now(trade):
    trade.drop("agreements.csv", HEADER + "g0,Ｅ-Mail,subscribed,2026-03-01\ng0,E-Mail,unsubscribed,2026-02-01\n")
    assert trade.ingest().quarantined == 2
    table = declared()
    columns = {**table.columns, "kind": Column("text", "Channel", words={"SMS": "sms", "e-mail": "email"})}
    trade.declare(Table(table.name, columns, pattern=table.pattern, consents=table.consents))
    assert trade.replay().loaded == {"agreements": 2}
    assert refused(trade) == set()


def test_answers_by_phone_with_a_purpose_of_their_own_are_the_customer_s_and_the_phone_s(desk):
    columns = {
        "no": "text",
        "phone": "phone",
        "kind": Column("text", words={"短信": "sms"}),
        "what_for": Column("text", words={"营销": "marketing", "画像": "profiling"}),
        "agreed": "bool",
    }
    rows = ConsentRows("phone", "phone", "kind", "agreed", purpose_column="what_for", customer="no")
    trade = desk(Table("answers", columns, pattern="answers*.csv", consents=[rows]))
    header = "no,phone,kind,what_for,agreed\n"
    trade.drop("answers_1.csv", header + "1,13800000001,短信,营销,是\n2,13800000002,短信,画像,否\n3,,短信,营销,是\n")
    trade.drop("answers_2.csv", header + "1,13800000001,短信,问候,否\n")
    assert trade.ingest().quarantined == 1
    (held,) = held_consents(trade.channel)
    assert held.channels == {"sms"}
    assert refused(trade) == {("trade:1", "sms"), ("trade:2", "sms")}


def test_what_cannot_be_meant_is_refused():
    columns = {"who": "text", "kind": Column("text", words={"SMS": "sms"}), "agreed": "bool", "at": "timestamp"}

    def table(rows, **changed):
        return Table("t", {**columns, **changed}, pattern="*.csv", consents=[rows])

    right = ConsentRows("who", "member_no", "kind", "agreed", "at")
    assert [name for name, column in table(right).contract.items() if column.required] == [
        "who",
        "kind",
        "agreed",
        "at",
    ]
    with pytest.raises(UserError, match="consents name 'status', which is no column of it"):
        table(ConsentRows("who", "member_no", "kind", "status"))
    with pytest.raises(UserError, match="granted 'agreed' must be of type bool"):
        table(right, agreed="text")
    with pytest.raises(UserError, match="changed_at 'at' must be of type timestamp"):
        table(right, at="text")
    with pytest.raises(UserError, match="customer 'phone' must not be personal"):
        table(ConsentRows("who", "member_no", "kind", "agreed", customer="phone"), phone="phone")
    with pytest.raises(UserError, match=r"the column 'kind' needs `words` .* as in words=\{\"SMS\": \"sms\""):
        table(right, kind="text")
    with pytest.raises(UserError, match="words are for columns of type text, not int"):
        Column("int", words={"1": "sms"})
    with pytest.raises(UserError, match="words give 'sms' two meanings: sms, email"):
        Column("text", words={"SMS": "sms", "sms": "email"})


def test_consents_that_were_never_delivered_are_known_until_they_come_if_only_as_an_empty_file(desk):
    people = Table("people", {"no": "text", "phone": "phone"}, key=["no"], pattern="people*.csv")
    trade = desk(people, declared())
    trade.ingest()
    assert known_undelivered(trade.settings, "trade") == {}  # nobody is there who could be written to
    trade.drop("people.csv", "no,phone\ng0,13800000001\n")
    trade.ingest()
    assert known_undelivered(trade.settings, "trade") == {"agreements": ["email", "sms"]}
    trade.drop("agreements.csv", HEADER)
    trade.ingest()
    assert known_undelivered(trade.settings, "trade") == {}


def test_a_row_that_says_that_nobody_answered_is_loaded_and_neither_allows_nor_takes_back_anything(desk):
    table = declared()
    column = Column("bool", "Status", true=["subscribed"], false=["unsubscribed"], unanswered=["brak", "0"])
    trade = desk(replace(table, columns={**table.columns, "agreed": column}))
    trade.drop("agreements_1.csv", HEADER + "g0,SMS,subscribed,2026-03-01\ng1,SMS,unsubscribed,2026-03-01\n"
               "g2,SMS,perhaps,2026-03-01\ng3,Pager,brak,2026-03-01\n")  # fmt: skip
    trade.ingest()
    trade.drop("agreements_2.csv", HEADER + "".join(f"g{n},SMS,{word},2026-03-02\n" for n, word in enumerate(
        ("Brak ", "brak", "BRAK", "0"))))  # fmt: skip
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"agreements": 4}, 0)
    assert refused(trade) == {("trade:g1", "sms"), ("trade:g2", "sms")}


def test_a_word_for_no_answer_is_no_word_for_yes_or_no():
    with pytest.raises(UserError, match="unanswered names 'Nie', which is also one of its words"):
        Column("bool", false=["nie"], unanswered=["Nie"])
    with pytest.raises(UserError, match="unanswered is for columns of type bool"):
        Column("text", unanswered=["brak"])
