"""Files around the size of DuckDB's row groups: every row that the ledger counts is in the lake."""

from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from ingestion.contract import validation
from ingestion.contract.channel import Batch
from ingestion.contract.table import Table
from ingestion.lake.gathered_rows import Gathering

EVENTS = Table(name="events", pattern="events*.csv", columns={"event_id": "int", "occurred_at": "timestamp"})
# no row is in plain form, so the first insert brings nothing and the second everything
ODD_TIME = "2026年6月1日 10:00:00"
ROWS_OF_A_ROW_GROUP = 122_880
PULLED = Table(
    name="orders", key=["order_id"], cursor="updated_at", columns={"order_id": "text", "updated_at": "timestamp"}
)


class Answers:
    """A source that gives so many orders at once."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def describe(self, settings, channel) -> str:
        return "answers"

    def lookback_seconds(self, settings, channel) -> float:
        return 0.0

    def pull(self, settings, channel, since) -> Iterator[Batch]:
        ids = [f"o{number}" for number in range(self._rows)]
        yield Batch(PULLED, pa.table({"order_id": ids, "updated_at": [ODD_TIME] * self._rows}))


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


def test_a_pull_of_any_size_is_in_the_lake_whole(desk: Callable) -> None:
    at = desk(PULLED, source=Answers(ROWS_OF_A_ROW_GROUP + 10))
    assert at.ingest().loaded == {"orders": ROWS_OF_A_ROW_GROUP + 10}
    assert at.rows("orders", "count(distinct order_id)") == [(ROWS_OF_A_ROW_GROUP + 10,)]


def test_rows_that_are_taken_and_not_there_are_a_defect_and_never_a_loss(
    desk: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Gathering.add

    def forgetful(gathering: Gathering, table: str, rows: pa.Table) -> None:
        add(gathering, table, rows.slice(0, 0) if table == "events" else rows)

    monkeypatch.setattr(Gathering, "add", forgetful)
    at = desk(EVENTS)
    at.drop("events_1.csv", many(10))
    with pytest.raises(validation.RowsLost, match="10 rows were taken, 0 are there"):
        at.ingest()
    assert at.rows("file_ledger") == []
