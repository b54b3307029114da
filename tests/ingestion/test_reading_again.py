"""Files that count as unread once more: with a contract that has changed, or without a wrong file among them."""

import pytest

from ingestion.contract.table import Column, Table
from ingestion.lake import compaction, reading_again
from ingestion.lake.compaction import compact
from ingestion.lake.reading_again import read_again
from stores.errors import UserError
from stores.lake.checksums import require_whole


def people(*phone_spellings, **columns):
    """A table of people whose rows do not say when they changed."""
    header = list(phone_spellings) or ["phone"]
    return Table("people", {"id": Column("text", required=True), "phone": Column("phone", header), **columns},
                 pattern="people*.csv", key=["id"])  # fmt: skip


VISITS = Table("visits", {"place": "text"}, pattern="visits*.csv")
RIGHT, MISSPELT = "id,phone,city\n1,13812345678,Wuhan\n", "id,telefon,city\n1,13912345678,Xiamen\n"


def newest(trade, columns="phone_mask"):
    """What counts of rows without a time: what arrived last."""
    return trade.rows("people", columns, "_dlt_load_id desc, _source_file desc, _line desc")[0]


@pytest.fixture
def trade(desk):
    """A right file, then one whose phone header is misspelt."""
    trade = desk(people(), VISITS)
    trade.drop("people_1.csv", RIGHT)
    trade.ingest()
    trade.drop("people_2.csv", MISSPELT)
    trade.ingest()
    assert newest(trade) == (None,)
    return trade


def test_a_spelling_that_is_added_reaches_files_that_were_read_before(trade):
    trade.declare(people("phone", "telefon"), VISITS)
    assert trade.ingest().skipped_files == 2
    unread = read_again(trade.settings, "trade")
    assert (unread.files, unread.kept, unread.removed) == (["people_1.csv", "people_2.csv"], [], [])
    assert trade.ingest().loaded == {"people": 2, "visits": 0}
    assert newest(trade) == ("139****5678",)
    require_whole(trade.settings, contents=True)


def test_a_column_that_is_added_is_filled_and_every_line_counts_once(trade):
    trade.drop("visits.csv", "place\nA\nA\n")
    trade.ingest()
    trade.declare(people(city=Column("text")), VISITS)
    read_again(trade.settings, "trade")
    trade.ingest()
    assert newest(trade, "city") == ("Xiamen",)
    assert len(trade.rows("visits")) == 2
    assert trade.rows("file_ledger", "sum(physical_rows)::int, sum(loaded_rows)::int", "1") == [(4, 4)]


def test_a_wrong_file_leaves_and_one_of_equal_content_as_an_earlier_one_comes_back(trade, caplog):
    trade.drop("people_3.csv", RIGHT)
    assert (trade.ingest().skipped_files, newest(trade)) == (3, (None,))
    assert "trade: what is in people_3.csv was read before, it is not read again" in caplog.text
    caplog.clear()
    assert trade.ingest().skipped_files == 3
    assert "read before" not in caplog.text, "said once"
    unread = read_again(trade.settings, "trade", without=["people_2.csv"])
    assert (unread.removed, unread.kept) == (["people_2.csv"], ["people_1.csv"])
    assert (unread.place / "files" / "people_2.csv").read_text() == MISSPELT
    trade.ingest()
    assert newest(trade) == ("138****5678",)


def test_what_came_last_still_counts_whatever_the_files_are_called(desk):
    trade = desk(people())
    for name, phone in (
        ("people_b.csv", "13812345678"),
        ("people_c.csv", "13812345679"),
        ("people_a.csv", "13812345670"),
    ):
        trade.drop(name, f"id,phone\n1,{phone}\n")
        trade.ingest()
    assert newest(trade) == ("138****5670",)
    read_again(trade.settings, "trade")
    trade.drop("people_d.csv", "id,phone\n2,13812345671\n")
    assert trade.ingest().files == 4
    assert [row[0] for row in trade.rows("people", "_source_file", "_dlt_load_id")] == [
        "people_b.csv", "people_c.csv", "people_a.csv", "people_d.csv",
    ]  # fmt: skip
    assert not (trade.settings.state / "ingestion" / "trade" / "reading_order.json").exists()


def test_the_order_outlives_a_command_that_was_broken_off(desk, monkeypatch):
    trade = desk(people())
    for name in "bca":
        trade.drop(f"people_{name}.csv", f"id,phone\n{name},13812345678\n")
        trade.ingest()
    took_out = reading_again.set_aside
    calls = []

    def broken_off(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return took_out(*arguments)

    monkeypatch.setattr(reading_again, "set_aside", broken_off)
    with pytest.raises(KeyboardInterrupt):
        read_again(trade.settings, "trade")
    monkeypatch.setattr(reading_again, "set_aside", took_out)
    assert len(trade.rows("people")) == 2, "the newest load has left first"
    read_again(trade.settings, "trade")
    trade.ingest()
    assert [row[0] for row in trade.rows("people", "_source_file", "_dlt_load_id")] == [
        "people_b.csv", "people_c.csv", "people_a.csv",
    ]  # fmt: skip


def test_what_was_replayed_is_read_once(desk):
    trade = desk(Table("visits", {"at": "timestamp"}, pattern="visits*.csv"))
    trade.drop("visits.csv", "at\n31.12.2025\n2025-12-30\n")
    trade.ingest()
    trade.declare(Table("visits", {"at": Column("timestamp", formats=["%d.%m.%Y", "%Y-%m-%d"])}, pattern="visits*.csv"))
    trade.replay()
    read_again(trade.settings, "trade")
    trade.ingest()
    assert trade.rows("visits", "_line", "_line") == [(2,), (3,)]
    assert trade.rows("quarantine") == []


def test_merged_loads_are_read_again_too(trade, monkeypatch):
    monkeypatch.setattr(compaction, "_FEWEST_PARTS", 2)
    monkeypatch.setattr(compaction, "discover", lambda: {"trade": trade.channel})
    assert compact(trade.settings)
    trade.declare(people("phone", "telefon"), VISITS)
    (trade.landing / "people_1.csv").unlink()
    unread = read_again(trade.settings, "trade")
    assert (unread.files, unread.kept) == (["people_2.csv"], ["people_1.csv"])
    assert trade.rows("people", "_source_file") == [("people_1.csv",)], (
        "beside it in the merged part, and counts no more"
    )
    trade.ingest()
    assert newest(trade) == ("139****5678",)
    require_whole(trade.settings, contents=True)
    assert compact(trade.settings)
    assert len(trade.rows("people")) == 2
    require_whole(trade.settings, contents=True)


def test_what_left_the_landing_folder_stays_as_it_was_read_and_what_came_before_it_too(trade):
    trade.drop("people_3.csv", "id,phone,city\n1,13712345678,Lhasa\n")
    trade.ingest()
    (trade.landing / "people_2.csv").unlink()
    trade.declare(people(city=Column("text")), VISITS)
    unread = read_again(trade.settings, "trade")
    assert (unread.files, unread.kept) == (["people_3.csv"], ["people_1.csv", "people_2.csv"])
    trade.ingest()
    assert [row[0] for row in trade.rows("people", "city", "_source_file")] == [None, None, "Lhasa"]


def test_nothing_is_taken_out_when_rows_would_be_lost(trade):
    (trade.landing / "people_2.csv").rename(trade.settings.home / "people_2.csv")
    with pytest.raises(UserError, match=r"people_2.csv has left .* came last.*Nothing was changed"):
        read_again(trade.settings, "trade")
    with pytest.raises(UserError, match=r"people_2.csv has left .* came with it or later.*Nothing was changed"):
        read_again(trade.settings, "trade", without=["people_1.csv"])
    assert len(trade.rows("people")) == 2


def test_a_file_that_never_loaded_and_left_is_named(desk):
    trade = desk(people())
    trade.drop("people.csv", "nothing,of,this\n1,2,3\n")
    trade.ingest()
    trade.drop("people.csv", "id,phone\n1,13812345678\n")
    trade.ingest()
    unread = read_again(trade.settings, "trade")
    assert (unread.files, unread.forgotten) == (["people.csv"], ["people.csv"])
    trade.ingest()
    assert newest(trade) == ("138****5678",)
    assert trade.rows("quarantine") == []


def test_wrong_names_are_refused(trade, desk):
    with pytest.raises(
        UserError, match=r"has read no file people\.csv\. The last names that it has read: people_1\.csv, people_2\.csv"
    ):
        read_again(trade.settings, "trade", without=["people.csv"])
    with pytest.raises(UserError, match="There is no channel 'trad'"):
        read_again(trade.settings, "trad")
    trade.declare(people(), source=object())
    with pytest.raises(UserError, match="has no files"):
        read_again(trade.settings, "trade")


def test_a_channel_of_which_nothing_was_read_says_so(desk):
    with pytest.raises(UserError, match="Nothing of trade was read yet"):
        read_again(desk(people()).settings, "trade")
