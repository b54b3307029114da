"""The gates pass good data, name bad rows, and let nothing through unchecked."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from expectations.gate import GateResult, discover, outcome, run_gate
from stores.settings import Gates, Settings
from stores.warehouse import connect, publish

AS_OF = date(2026, 6, 30)


def not_met(results: list[GateResult]) -> dict[str, GateResult]:
    return {f"{result.suite}.{result.check}": result for result in results if not result.success}


def kept(result: GateResult) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(f"select * from '{result.failing_rows_path}'").fetchall()


# ---- every boundary ----


def test_every_suite_is_found_and_every_check_has_a_name_of_its_own_and_both_languages() -> None:
    suites = discover()
    assert {suite.boundary for suite in suites} == {"raw", "marts", "plan"}
    for suite in suites:
        names = [check.name for check in suite.checks]
        assert len(names) == len(set(names)) > 0
        assert all(check.description_zh and check.description_en for check in suite.checks)


def test_an_empty_installation_has_nothing_raw_to_check_and_fails_the_marts_gate(settings: Settings) -> None:
    assert run_gate(settings, "raw", "r1") == []
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "failed"
    assert all("guanxi run" in result.error for result in results)


def test_good_data_passes_every_gate(settings: Settings, lake, warehouse) -> None:
    lake.responses()
    lake.ledger()
    for boundary in ("raw", "marts", "plan"):
        results = run_gate(settings, boundary, "r1")
        assert not_met(results) == {}
        assert len(results) > 3
        assert outcome(results) == "passed"
        assert not list((settings.gates_folder / "r1").glob("*.parquet"))


def test_empty_tables_pass(settings: Settings, lake, warehouse) -> None:
    lake.table("surveys", "file_ledger", EMPTY_LEDGER, completed=False)
    lake.table("surveys", "responses", "select null as phone_token, null as phone_mask where false", completed=False)
    tables = ["customers", "customer_channels", "customer_identifiers", "customer_lifecycle", "customer_rfm"]
    warehouse(*(f"delete from marts.{table}" for table in tables), "delete from campaigns.campaign_plan")
    for boundary in ("raw", "marts", "plan"):
        assert not_met(run_gate(settings, boundary, "r1")) == {}


EMPTY_LEDGER = (
    "select '' as target, '' as source_file, '' as file_id, 0::bigint as physical_rows, 0::bigint as loaded_rows,"
    " 0::bigint as quarantined_rows, timestamp '2026-01-01' as ingested_at where false"
)


def test_a_warning_does_not_block_and_a_critical_check_does(settings: Settings, warehouse) -> None:
    warehouse("update marts.customers set name_token = null")
    warned = run_gate(settings, "marts", "r1")
    assert outcome(warned) == "warned"
    assert list(not_met(warned)) == ["customers.name_known"]
    warehouse("update marts.customer_rfm set f_score = 6 where customer_id = 'c_7'")
    assert outcome(run_gate(settings, "marts", "r2")) == "failed"


def test_the_warehouse_can_be_written_right_after_a_gate_in_the_same_process(settings: Settings, warehouse) -> None:
    run_gate(settings, "marts", "r1")
    with connect(settings, read_only=False) as connection:
        connection.execute("create table marts.more as select 1 as one")


def test_what_cannot_be_checked_does_not_pass_and_says_why(settings: Settings, warehouse) -> None:
    warehouse(
        "alter table marts.customer_rfm drop column recency_days",
        "drop table marts.customer_lifecycle",
        "alter table marts.customer_channels alter column net_revenue type text using 'much'",
    )
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "failed"
    bad = not_met(results)
    failed_suites = {name.partition(".")[0] for name in bad}
    assert failed_suites == {"customer_count", "customer_lifecycle", "customer_rfm", "revenue"}
    assert "marts.customer_lifecycle" in bad["customer_lifecycle.mix_is_steady"].error
    assert "recency_days" in bad["customer_rfm.r_score_in_range"].error
    assert {f"{result.suite}.{result.check}" for result in results} == {
        f"{suite.name}.{check.name}" for suite in discover() if suite.boundary == "marts" for check in suite.checks
    }


def test_findings_of_the_last_runs_are_kept_and_a_run_id_cannot_leave_the_folder(settings: Settings, lake) -> None:
    few = settings.model_copy(update={"gates": Gates(keep_runs=2)})
    for run_id in ("r1", "r2", "../../r3"):
        run_gate(few, "raw", run_id)
    assert sorted(path.name for path in settings.gates_folder.iterdir()) == ["______r3", "r2"]


def test_the_setup_script_repeats_a_check_by_hand(settings: Settings, warehouse) -> None:
    run_gate(settings, "plan", "r1")
    with duckdb.connect() as connection:
        connection.execute((settings.gates_folder / "r1" / "plan.sql").read_text(encoding="utf-8"))
        assert connection.execute("select count(*) from campaign_plan").fetchone() == (40,)


# ---- raw in ----


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
    results = run_gate(settings, "raw", "r1")
    assert outcome(results) == "warned"
    assert set(not_met(results)) == {"raw_loads.usual_volume", "raw_loads.fresh"}
    weekly = run_gate(settings, "raw", "r2", freshness_hours={"surveys": 24 * 7})
    assert set(not_met(weekly)) == {"raw_loads.usual_volume"}


# ---- marts out ----

# What goes wrong, the check that says so, and the key that it names; all at once, each with a customer of its own.
BAD_MARTS = [
    ("update marts.customer_rfm set r_score = 0 where customer_id = 'c_1'", "customer_rfm.r_score_in_range", "c_1"),
    ("update marts.customer_rfm set f_score = null where customer_id = 'c_2'", "customer_rfm.f_score_in_range", "c_2"),
    (
        "update marts.customer_rfm set recency_days = -1 where customer_id = 'c_3'",
        "customer_rfm.recency_not_negative",
        "c_3",
    ),
    (
        "update marts.customer_rfm set frequency = 2 where customer_id = 'c_4'",
        "customer_rfm.frequency_within_orders",
        "c_4",
    ),
    (
        "update intermediate.int_orders set net_amount = 80 where source_profile_id = 'shop:5'",
        "revenue.equals_orders",
        "c_5",
    ),
    (
        "update marts.customer_channels set net_revenue = 89.5 where customer_id = 'c_6'",
        "revenue.equals_channels",
        "c_6",
    ),
    (
        "delete from marts.customer_lifecycle where customer_id = 'c_7'",
        "customer_count.all_have_a_stage",
        "customers",
    ),
    (
        "update marts.customers set first_channel = null where customer_id < 'c_2'",
        "customers.first_channel_known",
        "c_1",
    ),
]


def test_bad_marts_fail_and_name_the_rows(settings: Settings, warehouse) -> None:
    warehouse(*(statement for statement, _, _ in BAD_MARTS))
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "failed"
    bad = not_met(results)
    expected = {check: key for _, check, key in BAD_MARTS}
    assert {check: kept(result)[0][0] for check, result in bad.items()} == expected


def test_a_shrunken_customer_base_fails_against_the_last_publication_only_for_the_same_or_a_later_day(
    settings: Settings, warehouse
) -> None:
    publish(settings, "r1", AS_OF, None)
    for table in ("customers", "customer_channels", "customer_lifecycle", "customer_rfm"):
        warehouse(f"delete from marts.{table} where right(customer_id, 1) in ('1', '2', '3')")
    bad = not_met(run_gate(settings, "marts", "r2"))
    assert list(bad) == ["customer_count.not_shrinking"]
    assert kept(bad["customer_count.not_shrinking"])[0][:3] == ("customers", 140, 200)
    warehouse("update marts.customers set as_of = date '2026-05-31'")
    assert "customer_count.not_shrinking" not in not_met(run_gate(settings, "marts", "r3"))


def test_a_stage_mix_that_jumps_and_an_identifier_shared_by_many_warn(settings: Settings, warehouse) -> None:
    publish(settings, "r1", AS_OF, None)
    warehouse(
        "update marts.customer_lifecycle set stage = 'churned'",
        "update marts.customer_identifiers set identifier_value = 'shared' where customer_id < 'c_2'",
        "insert into marts.identity_review values ('phone', 'shared', 'too_many_people')",
    )
    results = run_gate(settings, "marts", "r2")
    assert outcome(results) == "warned"
    assert set(not_met(results)) == {
        "customer_count.few_in_review",
        "customer_lifecycle.no_stage_holds_nearly_all",
        "customer_lifecycle.mix_is_steady",
    }


# ---- before sending ----

# What goes wrong, with whom, and the check that says so.
BAD_PLANS = [
    ("update marts.customers set consent_sms = false where customer_id = 'c_100'", "c_100", "consent"),
    ("update marts.customers set consent_sms = null where customer_id = 'c_101'", "c_101", "consent"),
    # the identifier's last answer was no
    ("update intermediate.int_consents set granted = false where identifier_token like '%c_102'", "c_102", "consent"),
    # an older no, but given to another source, which nobody has taken back
    (
        "insert into intermediate.int_consents select * replace ('pos' as source, false as granted,"
        " timestamp '2025-01-01' as changed_at) from intermediate.int_consents where identifier_token like '%c_103'",
        "c_103",
        "consent",
    ),
    ("update campaigns.campaign_plan set is_holdout = true where customer_id = 'c_104'", "c_104", "no_holdout"),
    ("update campaigns.campaign_plan set identifier_token = '' where customer_id = 'c_105'", "c_105", "identifier"),
    ("update campaigns.campaign_plan set identifier_cipher = null where customer_id = 'c_106'", "c_106", "addressed"),
    (
        "update campaigns.campaign_plan set reason = 'frequency_cap' where customer_id = 'c_107'",
        "c_107",
        "no_objection",
    ),
]


def test_a_bad_plan_fails_and_names_the_messages(settings: Settings, warehouse) -> None:
    warehouse(*(statement for statement, _, _ in BAD_PLANS))
    results = run_gate(settings, "plan", "r1")
    assert outcome(results) == "failed"
    expected: dict[str, list[str]] = {}
    for _, customer, check in BAD_PLANS:
        expected.setdefault(f"campaign_plan.{check}", []).append(customer)
    bad = not_met(results)
    assert {check: [row[1] for row in kept(result)] for check, result in bad.items()} == expected
    assert kept(bad["campaign_plan.consent"])[0][:4] == ("recall", "c_100", "sms", 1)


def test_two_customers_with_one_phone_who_get_the_same_message_warn(settings: Settings, warehouse) -> None:
    warehouse(
        "update campaigns.campaign_plan set identifier_token = 'same'"
        " where customer_id in ('c_1', 'c_10') and decision = 'send'"
    )
    results = run_gate(settings, "plan", "r1")
    assert outcome(results) == "warned"
    assert [row[1] for row in kept(not_met(results)["campaign_plan.once_per_recipient"])] == ["c_1", "c_10"]


def test_a_campaign_to_everybody_fails(settings: Settings, warehouse) -> None:
    warehouse("update campaigns.campaign_plan set decision = 'send', reason = null, is_holdout = false")
    bad = not_met(run_gate(settings, "plan", "r1"))
    assert list(bad) == ["campaign_audience.not_everybody"]
    assert kept(bad["campaign_audience.not_everybody"]) == [("recall", 200, 200, 1.0)]
    generous = settings.model_copy(update={"gates": Gates(send_share=1.0)})
    assert outcome(run_gate(generous, "plan", "r2")) == "passed"


def test_an_audience_that_explodes_and_a_hold_out_that_is_not_as_configured_warn(settings: Settings, warehouse) -> None:
    warehouse("create table intermediate.int_campaigns as select 'recall' as campaign_id, 2.0 as holdout_percent")
    assert outcome(run_gate(settings, "plan", "r1")) == "passed"
    warehouse("update campaigns.campaign_plan set decision = 'hold' where customer_id <> 'c_1'")
    publish(settings, "r1", AS_OF, None)
    warehouse(
        "update campaigns.campaign_plan set decision = 'send', reason = null where customer_id < 'c_15'",
        "update campaigns.campaign_plan set is_holdout = customer_id > 'c_5'",
    )
    results = run_gate(settings, "plan", "r2")
    assert outcome(results) == "warned"
    assert set(not_met(results)) == {"campaign_audience.usual_size", "campaign_audience.holdout_as_configured"}


def test_failing_rows_go_where_the_result_says(settings: Settings, warehouse, tmp_path: Path) -> None:
    warehouse("update marts.customer_rfm set r_score = 9")
    result = not_met(run_gate(settings, "marts", "a run"))["customer_rfm.r_score_in_range"]
    assert Path(result.failing_rows_path).parent == settings.gates_folder / "a_run"
    assert result.unexpected_count == 200
    assert len(kept(result)) == 200
    assert len(result.failing_rows) == 5
