"""Dead runs are found and cleared, live ones left alone; an output can pass without counting as new data."""

from dataclasses import fields
from inspect import signature

import dagster as dg
from dagster._core.execution.plan import execute_step
from dagster_dbt import DbtCliInvocation
from dagster_dbt.asset_utils import get_subset_selection_for_context

from orchestration.runs.live_runs import fail_abandoned_runs, mark_live
from orchestration.runs.skipped_output import skipped_output
from stores.file_locks import exclusive, is_held


@dg.op
def nothing():
    pass


@dg.job
def idle():
    nothing()


def started_run(instance):
    run = instance.create_run_for_job(job_def=idle, status=dg.DagsterRunStatus.STARTING)
    instance.report_run_started(run) if hasattr(instance, "report_run_started") else None
    event = dg.DagsterEvent(event_type_value="PIPELINE_START", job_name="idle", message="started")
    instance.report_dagster_event(event, run_id=run.run_id)
    return instance.get_run_by_id(run.run_id)


def test_a_run_whose_process_is_gone_is_marked_as_failed(settings):
    with dg.instance_for_test() as instance:
        run = started_run(instance)
        with mark_live(settings, run.run_id):
            path = settings.state / "runs" / f"{run.run_id}.alive"
            assert fail_abandoned_runs(instance, settings) == []
        path.touch()  # what a killed process leaves behind: the file without its lock
        assert fail_abandoned_runs(instance, settings) == [run.run_id]
        assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE
        assert fail_abandoned_runs(instance, settings) == []


def test_a_run_that_has_just_started_gets_time_to_show_itself(settings):
    with dg.instance_for_test() as instance:
        started_run(instance)
        assert fail_abandoned_runs(instance, settings) == []


def test_a_lock_is_held_only_while_its_block_runs(tmp_path):
    path = tmp_path / "a.lock"
    assert not is_held(path)
    with exclusive(path, "Waiting for a test"):
        assert is_held(path)
    assert not is_held(path)


def test_an_unmaterialized_output_lets_the_next_step_run_and_the_asset_stay_as_it_was():
    @dg.multi_asset(specs=[dg.AssetSpec("up")], check_specs=[dg.AssetCheckSpec("answers", asset="up")])
    def up():
        yield skipped_output("up")
        yield dg.AssetCheckResult(check_name="answers", asset_key="up", passed=False)

    @dg.asset(deps=["up"])
    def down():
        return None

    result = dg.materialize([up, down])
    assert result.success
    assert [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()] == ["down"]


def test_the_private_parts_of_dagster_that_are_used_are_still_there():
    assert hasattr(execute_step, "SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION")
    for name in ("process", "manifest", "dagster_dbt_translator", "target_path", "context"):
        assert name in {field.name for field in fields(DbtCliInvocation)}
    assert [*signature(get_subset_selection_for_context).parameters][:6] == [
        "context", "manifest", "select", "exclude", "selector", "dagster_dbt_translator",
    ]  # fmt: skip
