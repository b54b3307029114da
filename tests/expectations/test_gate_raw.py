"""The gate on what came in: bad loads are named, and what was fixed passes."""

import pytest

from expectations.gate import outcome, run_gate
from stores.settings import Gates, Settings
from tests.testing.findings import EMPTY_LEDGER, kept, not_met


def test_a_row_that_is_neither_loaded_nor_quarantined_fails_and_names_the_file(settings: Settings, lake) -> None:
    lake.responses(rows=98)
    lake.ledger(physical=100, loaded=98, quarantined=1)
    bad = not_met(run_gate(settings, "raw", "r1"))
    assert list(bad) == ["file_ledger.rows_reconcile"]
    assert kept(bad["file_ledger.rows_reconcile"]) == [("surveys", "responses", "one.csv", "id-one.csv-1", 1)]
    assert "source_file=one.csv" in bad["file_ledger.rows_reconcile"].failing_rows[0]


def test_rows_missing_from_the_lake_fail(settings: Settings, lake) -> None:
    lake.responses(rows=90)
    lake.ledger()
    assert list(not_met(run_gate(settings, "raw", "r1"))) == ["file_ledger.no_row_lost"]


def test_rows_of_a_load_that_died_do_not_count(settings: Settings, lake) -> None:
    lake.responses()
    lake.ledger()
    lake.table("surveys", "file_ledger", EMPTY_LEDGER.replace(" where false", ", 1 as x"), "2", completed=False)
    assert outcome(run_gate(settings, "raw", "r1")) == "passed"


def test_too_large_a_share_in_quarantine_fails_until_the_mended_file_arrives(settings: Settings, lake) -> None:
    lake.responses(rows=94)
    lake.ledger(loaded=94, quarantined=6)
    assert list(not_met(run_gate(settings, "raw", "r1"))) == ["file_ledger.quarantined_share"]
    lake.responses(load_id="2")
    lake.ledger(load_id="2", ingested_at="2026-06-30 10:30:00")
    assert outcome(run_gate(settings, "raw", "r2")) == "passed"


def test_a_file_of_which_nothing_could_be_read_warns_until_the_mended_one_arrives(settings: Settings, lake) -> None:
    lake.ledger(loaded=0, quarantined=100)
    results = run_gate(settings, "raw", "r1")
    assert outcome(results) == "warned"
    assert "source_file=one.csv" in not_met(results)["file_ledger.files_readable"].failing_rows[0]
    lake.responses(load_id="2")
    lake.ledger(load_id="2", ingested_at="2026-06-30 10:30:00")
    assert outcome(run_gate(settings, "raw", "r2")) == "passed"


def test_rows_that_a_replay_freed_count_as_loaded(settings: Settings, lake) -> None:
    lake.responses(rows=94)
    lake.ledger(loaded=94, quarantined=6)
    lake.table(
        "surveys",
        "responses",
        "select 'r' || i as response_id, 'id-one.csv-1' as _file_id, i as _line from range(95, 100) as r(i)",
        "2",
    )
    lake.table(
        "surveys",
        "file_ledger",
        "select 'responses' as target, 'one.csv' as source_file, 'id-one.csv-1' as file_id, 0::bigint as physical_rows,"
        " 5::bigint as loaded_rows, -5::bigint as quarantined_rows, timestamp '2026-06-30 10:30:00' as ingested_at",
        "2",
    )
    assert outcome(run_gate(settings, "raw", "r1")) == "passed"


def test_the_share_in_quarantine_that_is_too_large_can_be_configured(settings: Settings, lake) -> None:
    lake.responses(rows=94)
    lake.ledger(loaded=94, quarantined=6)
    patient = settings.model_copy(update={"gates": Gates(quarantined_share=0.1)})
    assert outcome(run_gate(patient, "raw", "r1")) == "passed"


def test_clear_text_in_a_token_or_mask_fails_and_is_not_copied(settings: Settings, lake) -> None:
    phone = "13800001234"
    lake.responses(
        token=f"case when i = 7 then '{phone}' when i <> 9 then '{'a' * 32}' end",
        mask=f"case when i = 8 then '{phone}' when i = 10 then '+86{phone}*' when i <> 9 then '王*' end",
    )
    lake.ledger()
    bad = not_met(run_gate(settings, "raw", "r1"))
    lines = {name.partition(".")[2]: [row[-1] for row in kept(result)] for name, result in bad.items()}
    assert lines == {"tokens_have_shape": [7], "masks_hide": [8], "masks_show_no_number": [8, 10]}
    for path in (settings.gates_folder / "r1").iterdir():
        assert phone.encode() not in path.read_bytes()


def test_a_stale_channel_and_an_unusual_volume_warn(settings: Settings, lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 7):
        rows = 5 if number == 6 else 100
        lake.responses(rows=rows, load_id=str(number))
        lake.ledger(physical=rows, loaded=rows, load_id=str(number), ingested_at=f"2026-06-{20 + number} 10:00:00")
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T11:00:00")
    results = run_gate(settings, "raw", "r1", freshness_hours={"surveys": 48})
    assert outcome(results) == "warned"
    assert set(not_met(results)) == {"raw_loads.usual_volume", "raw_loads.fresh"}
    weekly = run_gate(settings, "raw", "r2", freshness_hours={"surveys": 24 * 7})
    assert set(not_met(weekly)) == {"raw_loads.usual_volume"}
