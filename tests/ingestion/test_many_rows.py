"""Files around the size of DuckDB's row groups: every row that the ledger counts is in the lake."""

from collections.abc import Callable

import pytest

from ingestion import conform
from ingestion.contract import Table

EVENTS = Table(name="events", pattern="events*.csv", columns={"event_id": "int", "occurred_at": "timestamp"})
# no row is in plain form, so the first insert brings nothing and the second everything
ODD_TIME = "2026年6月1日 10:00:00"
ROWS_OF_A_ROW_GROUP = 122_880


def many(rows: int, first: int = 0) -> str:
    return "event_id,occurred_at\n" + "".join(f"{number},{ODD_TIME}\n" for number in range(first, first + rows))


@pytest.mark.parametrize("rows", [99_999, 130_000, 210_000])
def test_a_file_of_any_size_is_in_the_lake_whole_and_so_is_the_one_after_it(rows: int, desk: Callable) -> None:
    at = desk(EVENTS)
    at.drop("events_1.csv", many(10))
    at.drop("events_2.csv", many(rows, first=10))
    at.drop("events_3.csv", many(500, first=rows + 10))
    assert at.ingest().loaded == {"events": rows + 510}
    assert at.rows("events", "count(distinct event_id)") == [(rows + 510,)]


def test_rows_that_the_pool_does_not_show_are_a_defect_and_not_a_loss(
    desk: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB 1.5 loses an insert of a whole row group when one without rows stands before it in the transaction."""
    monkeypatch.setattr(conform, "_POOLED_ROWS", 1_000_000)
    at = desk(EVENTS)
    at.drop("events_1.csv", many(ROWS_OF_A_ROW_GROUP + 10))
    try:
        at.ingest()
    except conform.RowsLost:
        return
    assert at.rows("events", "count(*)") == [(ROWS_OF_A_ROW_GROUP + 10,)]
