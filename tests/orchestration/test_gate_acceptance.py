"""A failed gate says how to go on; somebody named may accept what it found, for one build, where that is allowed."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from expectations.gate import GateResult, discover
from orchestration.dbt.build_results import record_failed_build
from orchestration.gates import run_gates
from orchestration.gates.acceptance import accept, with_acceptances
from orchestration.gates.result_text import way_on
from stores import operations
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import read_gate_state, write_gate_state

AS_OF = date(2026, 6, 30)
MASKS = "raw_privacy.masks_show_no_number"


def result(gate: str, rows: int = 1) -> GateResult:
    """A failed check."""
    suite, _, name = gate.partition(".")
    found = next(one for one in discover() if one.name == suite)
    check = next(one for one in found.checks if one.name == name)
    return GateResult(
        boundary=found.boundary, suite=suite, table=found.table, check=name, expectation=check.expectation,
        column=check.column, severity=check.severity, success=False, unexpected_count=rows, unexpected_percent=1.0,
        description_zh=check.description_zh, description_en=check.description_en, failing_rows_path=None,
        failing_rows=(), error=None, is_acceptable=check.is_acceptable,
    )  # fmt: skip


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    """Run the gate at the raw boundary with a given finding; whether it lets pass."""

    def go(run_id: str, finding: GateResult) -> bool:
        monkeypatch.setattr(run_gates, "run_gate", lambda *_: [finding])
        results = run_gates.check(settings, finding.boundary, run_id, AS_OF)
        return not any(one.is_blocking for one in results)

    return go


def test_an_accepted_gate_lets_one_build_pass_and_is_in_the_audit_log(settings: Settings, run) -> None:
    assert not run("r1", result(MASKS))
    accept(settings, MASKS, "Li Lei", "the domain is 10086.cn, seen by 13912345678")
    assert run("r2", result(MASKS))
    assert run("r2", result(MASKS)), "the same run may look again"
    assert not run("r3", result(MASKS))
    with operations.reading(operations.engine(settings)) as connection:
        [row] = connection.execute(select(operations.audit_log)).mappings()
    assert (row["actor"], row["action"], row["subject"]) == ("Li Lei", "accept_gate", MASKS)
    assert row["detail"] == "the domain is 10086.cn, seen by 【手机】"


def test_what_would_stop_a_sending_stops_no_past_day_of_which_nothing_is_sent(settings: Settings, run) -> None:
    assert not run("r1", result("campaign_audience.not_everybody"))
    past = settings.model_copy(update={"past_day": AS_OF})
    results = [result("campaign_audience.not_everybody"), result(MASKS)]
    assert [one.is_blocking for one in with_acceptances(past, results, "r2")] == [False, True]


def test_more_failing_rows_than_were_seen_are_not_accepted(settings: Settings, run) -> None:
    run("r1", result(MASKS, rows=3))
    accept(settings, MASKS, "Li Lei", "three domains of digits")
    assert not run("r2", result(MASKS, rows=4))
    assert run("r3", result(MASKS, rows=3))


def test_a_check_that_could_not_be_made_is_never_accepted(settings: Settings, run) -> None:
    run("r1", result(MASKS))
    accept(settings, MASKS, "Li Lei", "seen")
    assert not run("r2", replace(result(MASKS), error="no such table", is_acceptable=False))


@pytest.mark.parametrize("gate", ["raw_privacy.tokens_have_shape", "raw_privacy.masks_hide", "file_ledger.no_row_lost"])
def test_clear_values_and_lost_rows_cannot_be_accepted(settings: Settings, run, gate: str) -> None:
    run("r1", result(gate))
    with pytest.raises(UserError, match="Nobody may accept"):
        accept(settings, gate, "Li Lei", "in a hurry")
    assert "gate accept" not in way_on(result(gate))


def test_of_the_plan_only_its_size_can_be_accepted_never_consent_or_erasure() -> None:
    acceptable = {f"{suite.name}.{check.name}" for suite in discover() for check in suite.checks if check.is_acceptable}
    assert not {name for name in acceptable if name.startswith("campaign_plan.")}
    assert "campaign_audience.not_everybody" in acceptable


def test_only_what_has_failed_can_be_accepted_and_only_with_name_and_reason(settings: Settings, run) -> None:
    with pytest.raises(UserError, match="has not failed"):
        accept(settings, MASKS, "Li Lei", "just in case")
    run("r1", result(MASKS))
    with pytest.raises(UserError, match="--by"):
        accept(settings, MASKS, " ", "why")
    with pytest.raises(UserError, match="no check"):
        accept(settings, "raw_privacy.nothing", "Li Lei", "why")


def test_a_failed_gate_names_the_commands_that_lead_on() -> None:
    assert f"guanxi gate accept {MASKS} --by NAME --why REASON" in way_on(result(MASKS))
    assert "`guanxi run`" in way_on(result("raw_privacy.tokens_have_shape"))
    assert "`guanxi publish`" in way_on(result("customer_count.not_shrinking"))


def test_a_model_that_failed_is_told_like_a_gate_and_cannot_be_accepted(settings: Settings) -> None:
    failed = {"name": "stg_shop__orders", "kind": "model", "message": "no such column: amuont", "rows": None}
    record_failed_build(settings, "r1", AS_OF, [failed])
    (told,) = (read_gate_state(settings) or {})["results"]
    assert run_gates.tell(told) == (
        "stg_shop__orders: a model or its test failed: no such column: amuont [dbt.stg_shop__orders]"
    )
    assert way_on(told) == "Correct the model, the data or the contract, then `guanxi run`."
    with pytest.raises(UserError, match="has not failed in the last run"):
        accept(settings, MASKS, "Li Lei", "it is all right")
    write_gate_state(settings, {"results": [{key: told[key] for key in told if key != "check"}]})
    (older,) = (read_gate_state(settings) or {})["results"]
    assert "[dbt.stg_shop__orders]" in run_gates.tell(older)
