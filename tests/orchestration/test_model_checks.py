"""A model's tests are one asset check, and a run that had nothing to check leaves earlier results alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage

from orchestration.dagster_host.instance import open_instance
from orchestration.dbt.model_checks import DATA_TESTS, check_results
from orchestration.runs.live_runs import leave_checks_alone
from stores.settings import Settings

RFM, LINKS = dg.AssetKey(["marts", "customer_rfm"]), dg.AssetKey(["marts", "customer_links"])
KEYS = {"model.guanxi.customer_rfm": RFM, "model.guanxi.customer_links": LINKS}
WANTED = frozenset({dg.AssetCheckKey(RFM, DATA_TESTS), dg.AssetCheckKey(LINKS, DATA_TESTS)})


def told(folder: Path, statuses: dict[tuple[str, str], str], failed: list[dict[str, Any]]) -> dict[dg.AssetKey, Any]:
    """The results by asset, for tests by (name, model) and their status."""
    nodes, results = {}, []
    for (name, model), status in statuses.items():
        unique_id = f"test.guanxi.{name}"
        nodes[unique_id] = {
            "resource_type": "test",
            "name": name,
            "attached_node": None if name.startswith("assert_") else f"model.guanxi.{model}",
            "depends_on": {"nodes": [f"model.guanxi.{model}"]},
        }
        results.append({"unique_id": unique_id, "status": status, "message": status})
    nodes["model.guanxi.customer_rfm"] = {"resource_type": "model", "name": "customer_rfm"}
    results.append({"unique_id": "model.guanxi.customer_rfm", "status": "success"})
    (folder / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    return {one.asset_key: one for one in check_results(KEYS, WANTED, nodes, folder, failed)}


def test_all_tests_of_a_model_are_one_check_that_names_those_that_fail_with_their_values(tmp_path: Path) -> None:
    statuses = {
        ("rfm_rules", "customer_rfm"): "fail",
        ("assert_scores", "customer_rfm"): "pass",
        ("links_rules", "customer_links"): "pass",
    }
    found = told(tmp_path, statuses, [{"name": "rfm_rules", "message": "2 rows; such as 'c_1'"}])
    assert not found[RFM].passed
    assert found[RFM].severity == dg.AssetCheckSeverity.ERROR
    assert found[RFM].metadata["tests"].value == 2
    assert "`rfm_rules`: 2 rows; such as 'c_1'" in found[RFM].metadata["failing"].value
    assert found[LINKS].passed


def test_a_warning_fails_the_check_as_a_warning_and_a_test_that_was_not_run_tells_nothing(tmp_path: Path) -> None:
    statuses = {("rfm_rules", "customer_rfm"): "warn", ("links_rules", "customer_links"): "skipped"}
    found = told(tmp_path, statuses, [])
    assert (found[RFM].passed, found[RFM].severity) == (False, dg.AssetCheckSeverity.WARN)
    assert LINKS not in found


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with open_instance(settings) as opened:
        yield opened


def test_a_run_with_nothing_to_check_leaves_the_last_result_of_a_check_alone(instance: dg.DagsterInstance) -> None:
    has_work, key = [True], dg.AssetCheckKey(dg.AssetKey("lake"), "whole")

    @dg.asset(output_required=False)
    def lake() -> Iterator[dg.Output[None]]:
        if has_work[0]:
            yield dg.Output(None)

    @dg.asset_check(asset=lake, name="whole")
    def whole() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    def status_after_a_run() -> str:
        run_id = dg.materialize([lake, whole], instance=instance).run_id
        leave_checks_alone(instance, run_id)
        storage = instance.event_log_storage
        return storage.get_latest_asset_check_execution_by_key([key])[key].status.value

    assert status_after_a_run() == "SUCCEEDED"
    has_work[0] = False
    assert status_after_a_run() == "SUCCEEDED"


def test_the_log_is_looked_through_once_for_a_table_and_again_for_one_that_was_not_there(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    look = ConsolidatedSqliteEventLogStorage.has_table
    monkeypatch.setattr(
        ConsolidatedSqliteEventLogStorage, "has_table", lambda self, name: asked.append(name) or look(self, name)
    )
    storage: Any = instance.event_log_storage
    assert [storage.has_table("asset_check_executions") for _ in range(3)] == [True] * 3
    assert [storage.has_table("no_such_table") for _ in range(2)] == [False] * 2
    assert asked.count("asset_check_executions") <= 1
    assert asked.count("no_such_table") == 2
