from ingestion.contract.table import Column, Table


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
