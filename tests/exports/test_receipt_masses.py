"""A file of very many lines: taken in portions of bounded size, whatever stands in between."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import exports.receipts.collect
from exports.delivery.deliver import deliver
from exports.receipts.collect import collect
from exports.receipts.line_portions import Line, Portion
from stores.operations import deliveries, delivery_events, engine, reading, receipt_quarantine, suppressions
from stores.settings import Settings

LINES = 20_000
PORTION = 2_000
BAD = {
    1: "{", 2_000: "null", 2_001: "\x00\x01", 7_777: '{"delivery_id": "nobody"}', 12_000: "[" * 70_000, 19_999: "ÿþ"
}  # fmt: skip


@pytest.fixture
def sent(settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime) -> list[str]:
    """Delivery ids of ten accepted text messages."""
    publish_plan([row(number) for number in range(10)])
    deliver(settings, now)
    with reading(engine(settings)) as connection:
        return list(connection.scalars(select(deliveries.c.delivery_id).order_by(deliveries.c.customer_id)))


def write_file(path: Path, sent: list[str], lines: int) -> None:
    """Each line an event of its own: opened, of one message after the other; the very last one is an opt-out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="latin-1") as file:
        for number in range(1, lines + 1):
            what = "unsubscribed" if number == lines else "opened"
            event = {"event_id": number, "delivery_id": sent[number % 9], "event": what, "occurred_at": 1782785100}
            file.write(f"{BAD.get(number) or json.dumps(event)}\n")


def test_a_file_of_very_many_lines_is_taken_in_portions_and_a_bad_line_costs_only_itself(
    settings: Settings, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(settings.landing / "receipts" / "crm_webhook" / "many.jsonl", sent, LINES)
    portions: list[int] = []
    judge = exports.receipts.collect.judge

    def counted(connection: Any, desk: Any, source: Any, lines: Sequence[Line]) -> Portion:
        portions.append(len(lines))
        return judge(connection, desk, source, lines)

    monkeypatch.setattr(exports.receipts.collect, "judge", counted)
    report = collect(settings)
    assert (report.events, report.rejected, report.duplicates) == (LINES - len(BAD), len(BAD), 0)
    assert len(report.reasons) == len(BAD)
    assert portions[:-1] == [PORTION] * (LINES // PORTION)
    assert portions[-1] < PORTION
    with reading(engine(settings)) as connection:
        assert connection.scalar(select(func.count()).select_from(delivery_events)) == LINES - len(BAD)
        assert set(connection.scalars(select(receipt_quarantine.c.line))) == set(BAD)
        assert connection.scalar(select(func.count()).select_from(suppressions)) == 1
    again = collect(settings)
    assert (again.files, again.events) == (0, 0)
