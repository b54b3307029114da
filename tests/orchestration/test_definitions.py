"""The code location as production loads it: names, groups, owners, blocking checks, jobs."""

import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from ingestion.channels import discover
from orchestration import asset_keys
from orchestration.dagster_host.instance import open_instance
from orchestration.dbt import dbt_project
from orchestration.dbt.build_steps import STEPS
from orchestration.dbt.model_checks import DATA_TESTS
from orchestration.definitions import defs
from orchestration.defs.ingest import lake_tables
from orchestration.defs.resolve_report import IDENTITY_REPORT
from stores.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def location(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUANXI_HOME", str(tmp_path_factory.mktemp("home")))
        yield defs()


@pytest.fixture(scope="module")
def graph(location):
    return location.resolve_asset_graph()


def test_every_channel_table_is_an_asset_named_after_dataset_and_table(graph):
    expected = {
        asset_keys.raw_key(channel.name, table) for channel in discover().values() for table in lake_tables(channel)
    }
    assert expected <= graph.executable_asset_keys


def test_every_asset_has_a_group_an_owner_and_a_description(graph):
    bare = [
        key.to_user_string()
        for key in graph.executable_asset_keys
        for node in [graph.get(key)]
        if not (node.group_name and node.group_name != "default" and node.owners and node.description)
    ]
    assert bare == []


def test_the_assets_of_a_channel_stand_in_a_group_of_its_own(graph):
    for channel in discover().values():
        own = {key for key in graph.executable_asset_keys if graph.get(key).group_name == channel.name}
        assert {asset_keys.raw_key(channel.name, table) for table in lake_tables(channel)} <= own
        assert {key.path[0] for key in own} <= {f"raw_{channel.name}", "staging"}


def test_every_model_with_tests_has_one_check_of_them(graph):
    checked = [key.asset_key for key in graph.asset_check_keys if key.name == DATA_TESTS]
    assert len(checked) == len(set(checked)) > 100
    assert dg.AssetKey(["marts", "customers"]) in checked


def test_no_model_reads_a_table_that_no_channel_fills(graph):
    assert graph.external_asset_keys == set()


def test_publication_stands_behind_every_mart_and_delivery_behind_publication(graph):
    behind = graph.get(asset_keys.PUBLICATION).parent_keys
    assert {dg.AssetKey(["marts", "customers"]), dg.AssetKey(["campaigns", "campaign_plan"])} <= behind
    assert graph.get(asset_keys.DELIVERIES).parent_keys == {asset_keys.PUBLICATION}
    assert {key.path[0] for key in behind} == {"marts", "segments", "campaigns"}


def test_a_model_that_reads_raw_tables_stands_behind_the_raw_gate(graph):
    readers = [
        key
        for key in graph.executable_asset_keys
        if key.path[0] == "staging" and any(parent.path[0].startswith("raw_") for parent in graph.get(key).parent_keys)
    ]
    assert len(readers) > 10
    assert all(asset_keys.LAKE in graph.get(key).parent_keys for key in readers)


def test_critical_expectations_block_and_warnings_do_not(graph):
    from expectations.gate import discover as suites

    blocking = {key.name: graph.get(key).blocking for key in graph.asset_check_keys}
    for suite in suites():
        for check in suite.checks:
            assert blocking[f"{suite.name}__{check.name}"] == (check.severity == "critical")


@pytest.mark.parametrize("job", ["refresh", "ingest", "build", "resolve_identity", "deliver", "compact_lake"])
def test_each_job_resolves(location, job):
    assert location.resolve_job_def(job).name == job


def test_refresh_covers_everything_but_sending_and_the_periodic_reports(location, graph):
    covered = location.resolve_job_def("refresh").asset_layer.executable_asset_keys
    assert covered == graph.executable_asset_keys - {
        asset_keys.DELIVERIES, asset_keys.LAKE_CONTENTS, asset_keys.LAKE_PARTS, IDENTITY_REPORT,
    }  # fmt: skip


def test_a_run_builds_each_step_once_as_nothing_before_the_last_waits_for_a_gate_of_marts(location):
    """Dagster takes a step apart where a mart of an earlier one has a check that blocks what is built from it."""
    for job in ("refresh", "build", "resolve_identity"):
        ran = [node.name for node in location.resolve_job_def(job).graph.nodes if node.name.startswith("dbt_build")]
        assert sorted(ran) == sorted(step.op for step in STEPS)


def test_once_a_month_identities_are_rebuilt_in_full_and_the_change_is_reported(location):
    monthly = {one.name: one for one in location.schedules}["monthly_identity"]
    assert (monthly.cron_schedule, monthly.execution_timezone) == ("0 4 1 * *", "Asia/Shanghai")
    job = location.resolve_job_def("resolve_identity")
    assert job.run_config == {"resources": {"run": {"config": {"full": True}}}}
    covered = job.asset_layer.executable_asset_keys
    assert {IDENTITY_REPORT, asset_keys.PUBLICATION, dg.AssetKey(["identity", "customer_map"])} <= covered
    assert not any(key.path[0] == "raw_shop" for key in covered)


def test_schedules_run_in_the_business_time_zone(location):
    schedules = {one.name: one for one in location.schedules}
    assert schedules["daily_refresh"].execution_timezone == "Asia/Shanghai"
    assert schedules["daily_refresh"].cron_schedule == "0 2 * * *"


def test_a_nightly_run_whose_process_died_is_tried_again_and_one_that_failed_is_not(location, settings):
    nightly = {one.name: one for one in location.schedules}["daily_refresh"]
    with open_instance(settings) as instance:
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 0
        assert not instance.run_retries_retry_on_asset_or_op_failure
    assert nightly.tags["dagster/max_retries"] == "1"


def test_a_model_leads_to_its_file(graph):
    references = graph.get(dg.AssetKey(["marts", "customers"])).metadata["dagster/code_references"].code_references
    assert [Path(one.file_path).name for one in references] == ["customers.sql"]


def test_every_sensor_runs_from_the_start(location):
    written = {
        name
        for path in (ROOT / "orchestration" / "defs" / "sensors").glob("*.py")
        for name in re.findall(r"^@dg\.\w*sensor\((?:.|\n)*?^def (\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert {sensor.name for sensor in location.sensors} == written
    assert {"landing_files", "run_failure_alert"} <= written
    assert all(sensor.default_status == dg.DefaultSensorStatus.RUNNING for sensor in location.sensors)


def test_the_command_line_starts_and_tells_the_status_without_loading_what_is_slow():
    source = (
        "import sys, orchestration.cli.main, orchestration.cli.summary, exports.definitions.approval;"
        "slow = {'dagster', 'dbt', 'dlt', 'great_expectations', 'pandas', 'pyarrow', 'phonenumbers', 'httpx'};"
        "slow &= set(sys.modules);"
        "sys.exit(str(slow) if slow else 0)"
    )
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_mistake_in_a_file_is_said_in_its_own_words_and_not_as_a_picture_of_components(monkeypatch, tmp_path):
    def refuse(_settings):
        raise UserError("words.csv:3: 2 fields where the header has 3.")

    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    monkeypatch.setattr(dbt_project, "prepare_manifest", refuse)
    with pytest.raises(UserError, match=r"^words.csv:3: 2 fields where the header has 3\.$"):
        defs()


def test_a_defect_while_loading_stays_a_defect(monkeypatch, tmp_path):
    def fail(_settings):
        raise RuntimeError("no words for users")

    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    monkeypatch.setattr(dbt_project, "prepare_manifest", fail)
    with pytest.raises(Exception, match=r"Error while building definitions") as failed:
        defs()
    assert not isinstance(failed.value, UserError)
