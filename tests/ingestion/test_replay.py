import pyarrow.parquet as pq

from ingestion.contract.table import Column, Table
from ingestion.quarantine.listing import quarantine_groups, waiting_rows


def items(**columns):
    return Table("items", {"id": Column("text", required=True), **columns}, pattern="*.csv")


STRICT = items(amount=Column("decimal"), phone="phone", sold_at="timestamp")
FIXED = items(amount=Column("decimal"), phone="phone", sold_at=Column("timestamp", formats=["%d.%m.%Y", "%Y-%m-%d"]))
ROWS = "id,amount,phone,sold_at\n1,5,13812345678,31.12.2025\n2,5,,2025-12-31\n3,much,,2025-12-31\n4,5\n"


def sums(trade):
    return trade.rows("file_ledger", "sum(physical_rows)::int, sum(loaded_rows)::int, sum(quarantined_rows)::int", "1")


def test_after_a_fix_rows_in_quarantine_load_once_and_keep_their_origin(desk):
    trade = desk(STRICT)
    trade.drop("items.csv", ROWS)
    assert trade.ingest().quarantined == 3
    assert trade.replay().loaded == {"items": 0}
    trade.declare(FIXED)
    report = trade.replay()
    assert (report.loaded, report.quarantined) == ({"items": 1}, -1)
    assert trade.rows("items", "id, cast(sold_at as date)::varchar, phone_mask, _source_file, _line", "id") == [
        ("1", "2025-12-31", "138****5678", "items.csv", 2),
        ("2", "2025-12-31", None, "items.csv", 3),
    ]
    assert sums(trade) == [(4, 2, 2)]
    assert trade.replay().loaded == {"items": 0}
    assert trade.ingest().skipped_files == 1
    assert len(trade.rows("items")) == 2
    assert len(trade.rows("quarantine")) == 3


def test_a_file_that_was_kept_aside_whole_is_read_again(desk):
    trade = desk(STRICT)
    trade.drop("items.csv", "编号,amount\n1,5\n2,x\n")
    assert (trade.ingest().quarantined, len(trade.rows("quarantine"))) == (2, 1 + 0)
    trade.declare(Table("items", {"id": Column("text", "编号", required=True), "amount": "decimal"}, pattern="*.csv"))
    assert trade.replay().loaded == {"items": 1}
    assert sums(trade) == [(2, 1, 1)]
    assert trade.replay().loaded == {"items": 0}
    assert trade.rows("items", "id, _line") == [("1", 2)]


def test_a_mended_file_dropped_again_loads_as_a_new_file(desk):
    trade = desk(STRICT)
    trade.drop("items.csv", ROWS)
    trade.ingest()
    trade.drop("items_mended.csv", "id,amount,phone,sold_at\n3,7,,2025-12-31\n4,5,,2025-12-30\n")
    assert trade.ingest().loaded == {"items": 2}
    assert trade.rows("items", "id", "id") == [("2",), ("3",), ("4",)]


def test_broken_json_lines_that_are_mended_in_the_contract_stay_until_they_can_be_parsed(desk):
    table = Table("tickets", {"ticket_id": "text", "score": "int"}, pattern="*.jsonl", key=["ticket_id"])
    trade = desk(table)
    trade.drop("t.jsonl", '{"ticket_id": "T1", "score": "five"}\n{"ticket_id"\n')
    trade.ingest()
    trade.declare(Table("tickets", {"ticket_id": "text", "score": "text"}, pattern="*.jsonl", key=["ticket_id"]))
    assert trade.replay().loaded == {"tickets": 1}
    assert trade.replay().loaded == {"tickets": 0}


def test_a_broken_row_that_is_delivered_again_waits_once_and_says_that_it_came_again(desk):
    trade = desk(STRICT)
    header, *rows = ROWS.splitlines(keepends=True)
    trade.drop("items_1.csv", header + rows[0] + rows[2] + rows[2] + rows[3])
    trade.drop("items_2.csv", header + "9,5,,2025-12-31\n" + rows[3] + rows[2] + rows[2] + rows[0])
    assert trade.ingest().quarantined == 8
    trade.drop("items_3.csv", header + rows[0] + "5,little,,2025-12-31\n")
    assert trade.ingest().quarantined == 2
    waiting = [(one.source_file, one.rows, one.again) for one in quarantine_groups(trade.settings)]
    assert sorted(waiting) == [
        ("items_2.csv", 1, 1),
        ("items_2.csv", 2, 2),
        ("items_3.csv", 1, 0),
        ("items_3.csv", 1, 2),
    ]
    assert waiting_rows(quarantine_groups(trade.settings)) == 5
    assert sums(trade) == [(11, 1, 10)]

    # every line that arrived is loaded, as if it had fitted at once
    trade.declare(FIXED)
    assert trade.replay().loaded == {"items": 3}
    assert sums(trade) == [(11, 4, 7)]
    assert waiting_rows(quarantine_groups(trade.settings)) == 4


def test_rows_that_an_older_release_kept_aside_are_told_one_by_one(desk):
    trade = desk(STRICT)
    trade.drop("items_1.csv", ROWS)
    trade.drop("items_2.csv", ROWS + "1,x\n")
    trade.ingest()
    for part in (trade.settings.lake / "raw_trade" / "quarantine").glob("*.parquet"):
        pq.write_table(pq.read_table(part).drop_columns("row_token"), part)
    groups = quarantine_groups(trade.settings)
    assert (waiting_rows(groups), sum(one.again for one in groups)) == (7, 0)
