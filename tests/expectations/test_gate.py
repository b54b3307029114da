"""The gates pass good data, name what is wrong, and let nothing through unchecked."""

import duckdb

from expectations.gate import discover, outcome, run_gate
from stores.settings import Gates, Settings
from stores.warehouse import connect
from tests.testing.findings import EMPTY_LEDGER, not_met


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
    tables = [
        "customers",
        "customer_channel_summary",
        "customer_identifiers",
        "customer_lifecycle",
        "customer_rfm",
        "order_totals",
    ]
    warehouse(*(f"delete from marts.{table}" for table in tables), "delete from campaigns.campaign_plan")
    for boundary in ("raw", "marts", "plan"):
        assert not_met(run_gate(settings, boundary, "r1")) == {}


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
        "alter table marts.customer_channel_summary alter column net_revenue type text using 'much'",
    )
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "failed"
    bad = not_met(results)
    failed_suites = {name.partition(".")[0] for name in bad}
    assert failed_suites == {"customer_count", "customer_lifecycle", "customer_rfm", "order_totals", "revenue"}
    assert "marts.customer_lifecycle" in bad["customer_lifecycle.mix_is_steady"].error
    assert "recency_days" in bad["customer_rfm.r_score_in_range"].error
    assert {f"{result.suite}.{result.check}" for result in results} == {
        f"{suite.name}.{check.name}"
        for suite in discover()
        # before the first publication there is nothing that ids could have changed from
        if suite.boundary == "marts" and suite.name != "id_stability"
        for check in suite.checks
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
