"""A run that somebody stopped is told apart from one that failed: it alerts nobody."""

import logging
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon

from orchestration.dagster_host.daemons import begin_at_the_end
from orchestration.dagster_host.instance import open_instance
from orchestration.dagster_host.run_history import latest_runs
from orchestration.defs.sensors import run_failure
from orchestration.runs import run_job
from stores.settings import Settings


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(run_failure, "send_alert", lambda _settings, *lines: sent.append("\n".join(lines)))
    return sent


def failing(error: type[BaseException]) -> dg.JobDefinition:
    @dg.op
    def fails() -> None:
        raise error("as it happens")

    @dg.job(name="refresh")
    def refresh() -> None:
        fails()

    return refresh


def alert_for(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> None:
    (event,) = [one for one in result.all_events if one.is_run_failure]
    run = instance.get_run_by_id(result.run_id)
    assert run
    context = dg.build_run_status_sensor_context(
        "run_failure_alert", event, instance, run
    ).for_run_failure()  # fmt: skip
    run_failure.run_failure_alert(context)


@pytest.mark.parametrize(
    ("error", "said"), [(ValueError, ["Guanxi: refresh failed", "as it happens"]), (KeyboardInterrupt, [])]
)
def test_a_failed_run_alerts_and_one_that_was_interrupted_does_not(
    settings: Settings, alerts: list[str], error: type[BaseException], said: list[str]
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = failing(error).execute_in_process(instance=instance, raise_on_error=False)
        alert_for(instance, result)
    assert [line for alert in alerts for line in alert.splitlines()[:2]] == said


def test_a_run_of_the_command_line_that_is_stopped_is_kept_as_canceled(
    settings: Settings, alerts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = failing(KeyboardInterrupt)
    monkeypatch.setattr(run_job, "_definitions", lambda: dg.Definitions(jobs=[job]))
    with pytest.raises(KeyboardInterrupt):
        run_job._execute(settings, "refresh", {})
    (run,) = latest_runs(settings, 5)
    assert (run.job, run.status) == ("refresh", "canceled")


def test_the_first_start_of_the_daemons_warns_of_nothing(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with open_instance(settings) as instance:
        failing(ValueError).execute_in_process(instance=instance, raise_on_error=False)
        begin_at_the_end(instance)
        daemon = EventLogConsumerDaemon()
        daemon._logger = logging.getLogger("consumer")
        caplog.clear()
        list(daemon.run_iteration(SimpleNamespace(instance=instance)))
    assert [one.message for one in caplog.records if one.levelno >= logging.WARNING] == []
