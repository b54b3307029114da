"""Raw in: a file of unreadable phones, e-mails or dates does not go unnoticed."""

from typing import Any

from expectations.gate import run_gate
from stores.settings import Settings
from tests.testing.findings import kept, not_met

TOKEN = "0123456789abcdef0123456789abcdef"


def failed(results: list[Any]) -> dict[str, int]:
    """How many files miss each check of the suite."""
    return {
        name: result.unexpected_count for name, result in not_met(results).items() if name.startswith("raw_values.")
    }


def _contacts(lake: Any, rows: int, unreadable: int, source_file: str = "one.csv", load_id: str = "1") -> None:
    lake.table(
        "surveys",
        "responses",
        f"select case when i > {unreadable} then '{TOKEN}' end as phone_token, '138****1234' as phone_mask,"
        f" 'r' as phone_source_ref, '{source_file}' as _source_file,"
        f" 'id-{source_file}-{load_id}' as _file_id, i as _line from range(1, {rows} + 1) as r(i)",
        load_id,
    )
    lake.ledger(source_file=source_file, physical=rows, loaded=rows, load_id=load_id)


def test_a_share_of_unreadable_phones_warns_and_most_of_them_stops(settings: Settings, lake: Any) -> None:
    _contacts(lake, 100, 15, "good.csv", "1")
    _contacts(lake, 100, 40, "odd.csv", "2")
    assert failed(run_gate(settings, "raw", "run")) == {"raw_values.readable": 1}
    _contacts(lake, 100, 90, "broken.csv", "3")
    assert failed(run_gate(settings, "raw", "run")) == {"raw_values.readable": 2, "raw_values.mostly_readable": 1}


def test_a_few_unreadable_values_of_a_small_file_are_no_broken_file(settings: Settings, lake: Any) -> None:
    _contacts(lake, 4, 4)
    assert failed(run_gate(settings, "raw", "run")) == {}


def test_what_fills_a_cell_is_counted_apart_and_is_not_unreadable(settings: Settings, lake: Any) -> None:
    lake.table(
        "surveys",
        "responses",
        f"select case when i <= 9 then '{TOKEN}' end as phone_token, case when i <= 10 then '138****1234' end as"
        " phone_mask, 'r' as phone_source_ref, 'one.csv' as _source_file,"
        " 'id-one' as _file_id, i as _line from range(1, 31) as r(i)",
    )
    lake.ledger(source_file="one.csv", physical=30, loaded=30)
    results = not_met(run_gate(settings, "raw", "run"))
    found = [name for name in results if name.startswith("raw_values.")]
    assert found == ["raw_values.filled"]
    assert [row[:5] for row in kept(results["raw_values.filled"])] == [
        ("surveys", "responses", "one.csv", "id-one", "phone")
    ]


def test_dates_that_nobody_can_read_count_for_their_file(settings: Settings, lake: Any) -> None:
    _contacts(lake, 20, 0)
    lake.table(
        "surveys",
        "quarantine",
        "select 'responses' as target, 'one.csv' as source_file, 'id-one.csv-1' as file_id, i as line,"
        " 'phone: required but empty; answered_at: ''31-31-2026'' is not a time' as reason, '{}' as row,"
        " null::varchar as row_cipher, timestamp '2026-06-30' as quarantined_at from range(1, 10) as r(i)",
    )
    found = not_met(run_gate(settings, "raw", "run"))["raw_values.readable"]
    assert [row[:5] for row in kept(found)] == [("surveys", "responses", "one.csv", "id-one.csv-1", "answered_at")]
